package nearest

import "testing"

func TestName(t *testing.T) {
	names := []string{"listen", "view", "json", "lang"}
	for wrong, want := range map[string]string{"listn": "listen", "VIEW": "view", "jsno": "json", "lnag": "lang", "port": "", "": ""} {
		if got := Name(wrong, names); got != want {
			t.Errorf("Name(%q) = %q, want %q", wrong, got, want)
		}
	}
}
