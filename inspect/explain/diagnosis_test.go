package explain

import (
	"strings"
	"testing"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// TestDiagnoses holds every cause in both confidences against golden files, and
// that each says what failed and what to do next, with everything filled in.
func TestDiagnoses(t *testing.T) {
	for _, lang := range []Lang{English, Chinese} {
		var b strings.Builder
		for _, cause := range causes(t) {
			var titles []string
			for _, confidence := range []inspect.Confidence{inspect.Certain, inspect.Probable} {
				talk := New(lang).Conversation()
				talk.Note(&inspect.Event{Body: &inspect.ConnOpen{Target: "example.com:443"}})
				d := talk.Diagnosis(&inspect.Event{Body: &inspect.Diagnosis{Code: cause, Confidence: confidence, Subject: "curl/8.5", Evidence: "EOF"}})
				titles = append(titles, d.Title)
				if d.Title == "" || d.Advice == "" || d.Evidence != "EOF" {
					t.Errorf("%s: %+v", cause, d)
				}
				if left := placeholder.FindString(d.Title + d.Advice); left != "" {
					t.Errorf("%s: %s is not filled in: %+v", cause, left, d)
				}
				b.WriteString("# " + string(cause) + ", " + string(confidence) + "\n" + d.Title + "\n" + d.Advice + "\n\n")
			}
			if titles[0] == titles[1] {
				t.Errorf("%s: %q is said whether or not it is certain", cause, titles[0])
			}
		}
		golden(t, "diagnoses."+string(lang)+".txt", b.String())
	}
}

func TestRejectionsSayWhy(t *testing.T) {
	for _, c := range []struct {
		alert         tlswire.AlertDescription
		title, advice string
	}{
		{tlswire.AlertUnknownCA, "it does not know tlsmitm's CA", "tlsmitm ca"},
		{tlswire.AlertCertificateUnknown, "does not say why", "policy.tunnel"},
		{tlswire.AlertCertificateExpired, "out of date", "clock"},
		{tlswire.AlertAccessDenied, "the proxy's certificate is valid, but the client lets it do nothing", "policy.tunnel"},
	} {
		talk := New(English).Conversation()
		talk.Note(&inspect.Event{Body: &inspect.ConnOpen{Target: "example.com:443"}})
		d := talk.Diagnosis(&inspect.Event{Body: &inspect.Diagnosis{
			Code: inspect.CauseClientRejected, Confidence: inspect.Certain, Alert: &c.alert, Subject: "curl/8.5", Evidence: "remote error"}})
		if !strings.Contains(d.Title, c.title) || !strings.Contains(d.Title, "curl/8.5") || !strings.Contains(d.Title, "example.com") {
			t.Errorf("%s: %q", c.alert, d.Title)
		}
		if !strings.Contains(d.Advice, c.advice) {
			t.Errorf("%s: advice %q", c.alert, d.Advice)
		}
		if want := "alert " + c.alert.String() + Separator + "remote error"; d.Evidence != want {
			t.Errorf("%s: evidence %q", c.alert, d.Evidence)
		}
	}
}

func TestUnverifiedSaysWhichCheck(t *testing.T) {
	diagnosis := &inspect.Event{Body: &inspect.Diagnosis{Code: inspect.CauseUpstreamUnverified, Confidence: inspect.Certain}}
	for _, code := range checks {
		talk := New(English).Conversation()
		talk.Note(&inspect.Event{Body: &inspect.ConnOpen{Target: "example.com:8443"}})
		talk.Note(&inspect.Event{Body: &inspect.Verification{Code: code}})
		d := talk.Diagnosis(diagnosis)
		words := english().checks[code]
		if want := "The certificate of example.com:8443 does not verify: " + string(words.failed); d.Title != want {
			t.Errorf("%s: %q, want %q", code, d.Title, want)
		}
		if want := strings.ReplaceAll(string(words.advice), "{host}", "example.com"); d.Advice != want {
			t.Errorf("%s: advice %q, want %q", code, d.Advice, want)
		}
	}
}

// TestHandshakeFailureNamesTheAlert: the server's alert is what explains it.
func TestHandshakeFailureNamesTheAlert(t *testing.T) {
	a := tlswire.AlertProtocolVersion
	talk := New(English).Conversation()
	talk.Note(&inspect.Event{Body: &inspect.ConnOpen{Target: "old.example:443"}})
	d := talk.Diagnosis(&inspect.Event{Body: &inspect.Diagnosis{Code: inspect.CauseUpstreamHandshakeFailed, Confidence: inspect.Certain, Alert: &a}})
	if want := "The TLS handshake with old.example:443 failed: the server speaks none of the TLS versions offered"; d.Title != want {
		t.Errorf("%q, want %q", d.Title, want)
	}
}

// TestUntrustedTextInDiagnoses: errors and user agents come from the network.
func TestUntrustedTextInDiagnoses(t *testing.T) {
	talk := New(English).Conversation()
	talk.Note(&inspect.Event{Body: &inspect.ConnOpen{Target: "\x1b[2J:443"}})
	d := talk.Diagnosis(&inspect.Event{Body: &inspect.Diagnosis{
		Code: inspect.CauseClientReset, Confidence: inspect.Certain, Subject: "{host}\x07", Evidence: strings.Repeat("\u202e", 5000)}})
	all := d.Title + d.Evidence + d.Advice
	if Clean(all) != all {
		t.Errorf("not clean: %q", all)
	}
	if len(d.Evidence) > 5000 {
		t.Errorf("%d bytes of evidence", len(d.Evidence))
	}
	if !strings.Contains(d.Title, `{host}\x07`) {
		t.Errorf("a value was taken for a placeholder: %q", d.Title)
	}
}
