package sink

import "testing"

func TestKeyLogWritesNothingElse(t *testing.T) {
	out := new(file)
	sink := NewKeyLog(out)
	if err := sink.Write(withSecret(t)); err != nil {
		t.Fatal(err)
	}
	if out.String() != secretLine+"\n" { // before any Flush: a reader needs it now
		t.Errorf("%q", out)
	}
	if err := sink.Close(); err != nil || out.closed != 1 {
		t.Errorf("closed %d times: %v", out.closed, err)
	}
}
