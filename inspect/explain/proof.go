package explain

import (
	"strconv"
	"strings"

	"tlsmitm/inspect"
)

// proofMarks show at a glance what came of a check.
var proofMarks = map[inspect.ProofStatus]string{
	inspect.ProofVerified:  "✓",
	inspect.ProofFailed:    "✗",
	inspect.ProofUnchecked: "–",
}

var proofTones = map[inspect.ProofStatus]Tone{
	inspect.ProofVerified:  Good,
	inspect.ProofFailed:    Fatal,
	inspect.ProofUnchecked: Faint,
}

// proofWords is what is said about one kind of proof.
type proofWords struct{ name, verified, failed, unchecked string }

// proofs tells what was checked of a message.
func (c *Conversation) proofs(n *Note, proofs []inspect.Proof) {
	for _, p := range proofs {
		n.tone(proofTones[p.Status], proofMarks[p.Status]+" "+c.proof(p))
	}
}

func (c *Conversation) proof(p inspect.Proof) string {
	words, ok := c.say.proofs[p.What]
	var text string
	switch p.Status {
	case inspect.ProofVerified:
		text = words.verified
	case inspect.ProofFailed:
		text = words.failed
	default:
		text = words.unchecked
	}
	if !ok { // another version's
		text = Value(string(p.What))
	}
	if p.Reason != "" {
		text += c.say.because(c.say.detailed(p.Reason))
	}
	return text
}

// detailed gives a reason in words that may be followed by what it is about.
func (say *catalogue) detailed(why string) string {
	if words, ok := say.reasons[why]; ok {
		return words
	}
	if what, about, ok := strings.Cut(why, ": "); ok {
		if words, ok := say.reasons[what]; ok {
			return words + say.because(Value(about))
		}
	}
	return Value(why)
}

// proven sums up what a leg's handshake has proved.
func (c *Conversation) proven(n *Note, proofs []inspect.LegProof) {
	for _, status := range []inspect.ProofStatus{inspect.ProofVerified, inspect.ProofFailed, inspect.ProofUnchecked} {
		var names []string
		count := make(map[string]int)
		for _, p := range proofs {
			if p.Status != status {
				continue
			}
			name := c.say.proofs[p.What].name
			if count[name]++; count[name] == 1 {
				names = append(names, name)
			}
		}
		for i, name := range names {
			if times := count[name]; times > 1 {
				names[i] = name + " ×" + strconv.Itoa(times)
			}
		}
		if len(names) > 0 {
			n.tone(proofTones[status], proofMarks[status]+" "+strings.Join(names, ", "))
		}
	}
}
