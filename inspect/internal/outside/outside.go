// Package outside finds the programs that tests compare with.
package outside

import (
	"os"
	"os/exec"
	"testing"
)

// Program returns the path of a program. Where it is not installed the test is skipped,
// and says what is not checked then; under TLSMITM_REQUIRE_TOOLS=1 it fails.
func Program(t testing.TB, name, without string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, name+" is not installed", without)
	}
	return path
}

// Python returns an interpreter that has a module, as Program does.
func Python(t testing.TB, module, without string) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import "+module).Run() == nil {
			return name
		}
	}
	missing(t, "no Python has the module "+module, without)
	return ""
}

func missing(t testing.TB, what, without string) {
	t.Helper()
	if Required() {
		t.Fatalf("%s, and TLSMITM_REQUIRE_TOOLS=1 asks for it", what)
	}
	t.Skipf("%s: %s", what, without)
}

// Required says whether all that can be compared must be.
func Required() bool { return os.Getenv("TLSMITM_REQUIRE_TOOLS") == "1" }
