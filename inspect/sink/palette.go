package sink

import (
	"tlsmitm/inspect"
	"tlsmitm/inspect/explain"
)

// The styles, as parameters of an SGR sequence. They are the terminal's own
// colours, so that they suit a light background and a dark one.
const (
	styleFaint   = "2"
	styleStrong  = "1"
	styleGood    = "32"
	styleWarning = "33"
	styleFatal   = "1;31"
)

func toneStyle(t explain.Tone) string {
	switch t {
	case explain.Faint:
		return styleFaint
	case explain.Good:
		return styleGood
	case explain.Warning:
		return styleWarning
	case explain.Fatal:
		return styleFatal
	}
	return ""
}

// legStyle gives every leg a hue, in which what the proxy sends is the darker.
func legStyle(leg inspect.LegName, from inspect.Party) string {
	hue := ""
	switch leg {
	case inspect.LegClient:
		hue = "36"
	case inspect.LegServer:
		hue = "35"
	case inspect.LegDirect:
		hue = "34"
	}
	if hue != "" && from == inspect.PartyProxy {
		return "2;" + hue
	}
	return hue
}
