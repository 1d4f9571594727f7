package redact

import (
	"regexp"
	"strings"
)

// knownPatterns are forms of secrets that say by themselves what they are, as
// their issuers document them.
var knownPatterns = []struct{ kind, expr string }{
	// RFC 7519: a JSON object in base64url begins so, and has parts. JWE has five.
	{"jwt", `\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,3}`},
	{"private-key", `-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?P<secret>(?:[^"<-]|-[^"<-])*)`},
	{"bearer", `(?i)\bbearer(?:[ +]|%20)(?P<secret>[A-Za-z0-9._~/+-]{12,}=*)`},
	{"bearer", `\bbase64url\.bearer\.authorization\.k8s\.io\.(?P<secret>[A-Za-z0-9_-]{8,})`}, // in Sec-WebSocket-Protocol
	{"aws-key-id", `\b(?:AKIA|ASIA)[A-Z2-7]{16}\b`},
	{"github-token", `\bgh[opsur]_[A-Za-z0-9]{30,}`},
	{"github-token", `\bgithub_pat_[A-Za-z0-9_]{30,}`},
	{"gitlab-token", `\bgl(?:pat|ptt|dt|rt|cbt|ft|oas|soat|agent|imt)-[A-Za-z0-9_.-]{20,}`},
	{"slack-token", `\bxox[abceoprs]-[A-Za-z0-9-]{10,}`},
	{"slack-token", `\bxapp-[0-9]-[A-Za-z0-9-]{10,}`},
	{"slack-webhook", `\bhooks\.slack\.com/services/(?P<secret>[A-Za-z0-9/_-]{20,})`},
	{"stripe-key", `\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}`},
	{"stripe-secret", `\bwhsec_[A-Za-z0-9+/=]{24,}`},
	{"google-key", `\bAIza[A-Za-z0-9_-]{35}`},
	{"google-token", `\bya29\.[A-Za-z0-9_.-]{20,}`},
	{"google-secret", `\bGOCSPX-[A-Za-z0-9_-]{20,}`},
	{"openai-key", `\bsk-(?:proj|svcacct|admin|ant|or)-[A-Za-z0-9_-]{20,}`},
	{"openai-key", `\bsk-[A-Za-z0-9]{40,}`},
	{"npm-token", `\bnpm_[A-Za-z0-9]{36}`},
	{"pypi-token", `\bpypi-[A-Za-z0-9_-]{50,}`},
	{"sendgrid-key", `\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`},
	{"digitalocean-token", `\bdo[opr]_v1_[a-f0-9]{64}`},
	{"huggingface-token", `\bhf_[A-Za-z0-9]{30,}`},
	{"docker-token", `\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}`},
	{"vault-token", `\bhv[bsr]\.[A-Za-z0-9_-]{20,}`},
}

func defaultPatterns() []string {
	var all []string
	for _, p := range knownPatterns {
		all = append(all, p.expr)
	}
	return all
}

// pattern is a compiled rule about a secret's form.
type pattern struct {
	kind  string
	re    *regexp.Regexp
	group int  // what is hidden: 0 is all
	known bool // it is one of ours
}

// compilePattern reads a rule; why says what is wrong with it.
func compilePattern(expr string) (p pattern, why string) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return p, "is no regular expression: " + strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	}
	if re.MatchString("") {
		return p, "matches where nothing is, and so would hide nothing: let it match at least one character"
	}
	p = pattern{kind: "pattern", re: re}
	for _, known := range knownPatterns {
		if known.expr == expr {
			p.kind, p.known = known.kind, true
		}
	}
	if p.group = re.SubexpIndex("secret"); p.group < 0 {
		p.group = min(1, re.NumSubexp())
	}
	return p, ""
}
