// Package tapehead gives each test a cassette of its own, when the tests run under `tapehead --cassette-dir`.
package tapehead

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var (
	user   = fmt.Sprintf("go-%d", os.Getpid())
	direct = &http.Client{Transport: &http.Transport{}} // not through the proxy
	odd    = regexp.MustCompile(`[^\w/-]`)
)

// Main runs a package's tests, for its TestMain. What this process sends carries its name from then on; net/http reads
// the proxy's variables once, so it comes before the first request.
func Main(m *testing.M) {
	if proxy, err := url.Parse(os.Getenv("TAPEHEAD_PROXY")); err == nil && proxy.Host != "" {
		proxy.User = url.UserPassword(user, "tapehead")
		for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
			os.Setenv(name, proxy.String())
		}
	}
	os.Exit(m.Run())
}

// Begin begins the test's session, which ends with the test; what was missed fails it.
func Begin(t *testing.T) {
	t.Helper()
	if os.Getenv("TAPEHEAD_CONTROL") == "" {
		return
	}
	// Different names stay different: what a cassette's name cannot have is spelled by its code.
	name := odd.ReplaceAllStringFunc(t.Name(), func(c string) string { return fmt.Sprintf("~%x", []rune(c)[0]) })
	folder, _ := os.Getwd() // the package's
	begun := control(t, "/begin", map[string]any{"cassette": filepath.Base(folder) + "/" + name, "user": user})
	t.Cleanup(func() {
		for _, failure := range control(t, "/end", map[string]any{"session": begun.Session}).Failures {
			t.Error(failure)
		}
	})
}

type answer struct {
	Session  string
	Failures []string
	Error    string
}

func control(t *testing.T, path string, body any) (said answer) {
	t.Helper()
	content, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest("POST", os.Getenv("TAPEHEAD_CONTROL")+path, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("TAPEHEAD_TOKEN"))
	response, err := direct.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil || said.Error != "" {
		t.Fatal(said.Error, err)
	}
	return said
}
