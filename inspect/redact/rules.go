package redact

import (
	"fmt"
	"strings"
)

// Rules say what a secret is.
type Rules struct {
	// Headers are names of header fields whose values are secrets.
	Headers []string
	// Fields are names under which secrets stand elsewhere: keys of JSON, fields
	// of forms, parameters of queries, parts of multipart bodies, elements and
	// attributes of XML and HTML.
	Fields []string
	// Patterns are regular expressions (RE2) of what is a secret wherever it
	// stands. What the group named "secret" matches is hidden, else what the first
	// group does, else the whole match. A pattern that begins with what is
	// characteristic costs least, and hides least besides where a stream is cut.
	Patterns []string
}

// Names match whatever their letter case, with - and _ or without. A * stands for
// any characters. A name after "query:" counts only where = follows it, as in
// queries and forms; one after "!" is no secret even though others match it.
const (
	prefixQuery = "query:"
	prefixNot   = "!"
)

// Default returns the rules that hold where the user gives none, for others to
// be added to.
func Default() Rules {
	return Rules{
		Headers: []string{
			"Authorization", "Proxy-Authorization", "X-Authorization", "X-Goog-Iam-Authorization-Token",
			"Authentication", "X-Authentication", "X-Auth-Key", "X-Registry-Auth",
			"Cookie", "Cookie2", "Set-Cookie", "Set-Cookie2",
			"Api-Key", "*-Api-Key", "ApiKey", "*-ApiKey", "X-Functions-Key", "*-Subscription-Key", "X-RapidAPI-Key",
			"*-Token", "*-Secret", "*-Password", "DPoP",
			"X-Session-ID", "X-Session", "X-Auth", "X-Auth-User-Pass",
			"X-Amz-Server-Side-Encryption-Customer-Key", "X-Amz-Copy-Source-Server-Side-Encryption-Customer-Key",
			"X-Goog-Encryption-Key", "X-MS-Encryption-Key",
		},
		Fields: []string{
			"password", "*password", "passwd", "*passwd", "pwd", "*pwd", "pass", "passphrase", "*passphrase", "passcode",
			"passwords", "user_pass", "login_pass", "password_confirmation", "password_confirm", "password_repeat", "password_again",
			"otp", "totp", "one_time_code", "mfa_code", "otp_code", "totp_code", "verification_code",
			"secret", "*secret", "secrets", "secret_key", "*secret_key", "secret_access_key", "*secret_access_key", "secret_id",
			"token", "*token", "tokens", "jwt", "bearer", "assertion", "client_assertion",
			"!next_token", "!next_page_token", "!page_token", "!continuation_token", "!sync_token",
			"api_key", "*api_key", "apikey", "*apikey", "api_keys", "access_key", "*access_key", "access_key_id", "*access_key_id",
			"private_key", "*private_key", "encryption_key", "signing_key", "shared_key", "master_key", "account_key", "license_key",
			"subscription_key", "shared_access_key", "auth_key", "session_key",
			"auth", "auth_code", "authorization", "authorization_code", "credential", "*credential", "credentials", "*credentials",
			"session", "sessid", "*sessid", "session_id", "*session_id", "jsessionid", "sid",
			"cookie", "cookies", "csrf", "*csrf", "xsrf", "*xsrf",
			"signature", "*signature", "saml_response", "saml_request", "code_verifier", "device_code", "user_code",
			"query:code", "query:key", "query:sig", "query:hmac", "query:ticket", "query:awsaccesskeyid",
		},
		Patterns: defaultPatterns(),
	}
}

// RuleError says which rule cannot be used, and why.
type RuleError struct {
	List   string // "headers", "fields" or "patterns"
	Index  int    // in that list, from 0
	Rule   string
	Reason string
}

// Error implements error.
func (e *RuleError) Error() string {
	return fmt.Sprintf("redact: %s[%d]: `%s` %s", e.List, e.Index, e.Rule, e.Reason)
}

// checkName says what is wrong with a name, "" if nothing is.
func checkName(list, name string) string {
	bare := strings.TrimPrefix(strings.TrimPrefix(name, prefixNot), prefixQuery)
	switch {
	case strings.Trim(bare, "*_- ") == "":
		return "names nothing"
	case strings.ContainsAny(bare, " \t\r\n"):
		return "has white space in it, which no name has"
	case list == "headers" && strings.ContainsAny(bare, `:,;="/()<>@?{}[]\`):
		return "is no header's name: leave out all but the name"
	}
	return ""
}
