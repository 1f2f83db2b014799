package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var long = strings.Repeat("s", MinToken)

func digest(s string) string {
	d := sha256.Sum256([]byte(s))
	return hex.EncodeToString(d[:])
}

func TestATokenIsFoundByItsDigest(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("f", 40)+"\n"), 0o600))
	t.Setenv("GATEHOUND_TEST_TOKEN", strings.Repeat("e", 40))
	tokens, err := NewTokens([]TokenConfig{{Name: "plain", Role: "read", Token: "tttttttttttttttttttttttttttttttt"}, {Name: "file", Role: "operate", TokenFile: file},
		{Name: "env", Role: "admin", TokenEnv: "GATEHOUND_TEST_TOKEN"}, {Name: "digest", Role: "read", SHA256: strings.ToUpper(digest(long))}}, strings.Repeat("l", 43))
	require.NoError(t, err)
	require.Equal(t, 5, tokens.Len())
	for i, c := range []struct {
		secret string
		want   Caller
	}{{strings.Repeat("t", 32), Caller{"plain", RoleRead, 0}}, {strings.Repeat("f", 40), Caller{"file", RoleOperate, 1}}, {strings.Repeat("e", 40), Caller{"env", RoleAdmin, 2}},
		{long, Caller{"digest", RoleRead, 3}}, {strings.Repeat("l", 43), Caller{LocalName, RoleAdmin, 4}}} {
		got, ok := tokens.Find(c.secret)
		require.True(t, ok, i)
		require.Equal(t, c.want, got)
	}
	for _, wrong := range []string{"", long[1:], long + "s", digest(long), strings.Repeat("f", 40) + "\n", strings.Repeat("x", 1<<20)} {
		_, ok := tokens.Find(wrong)
		require.False(t, ok)
	}
	empty, err := NewTokens(nil, "")
	require.NoError(t, err)
	_, ok := empty.Find("")
	require.False(t, ok, "without tokens nobody comes in")
	require.NotContains(t, fmt.Sprintf("%+v %#v", tokens, tokens), long)
}

// TestNoTokenIsComparedInAWayThatTells: what is kept is digests of one length,
// and every one is looked at whichever is right.
func TestNoTokenIsComparedInAWayThatTells(t *testing.T) {
	var list []TokenConfig
	for i := range 256 {
		list = append(list, TokenConfig{Name: fmt.Sprint("t", i), Role: "read", SHA256: digest(fmt.Sprint(long, i))})
	}
	tokens, err := NewTokens(list, "")
	require.NoError(t, err)
	secrets := []string{long + "0", long + "255", long + "x"} // the first, the last, none
	least := []time.Duration{time.Hour, time.Hour, time.Hour}
	for range 60 { // by turns; the least is what the machine's other work does not change
		for i, secret := range secrets {
			began := time.Now()
			for range 50 {
				tokens.Find(secret)
			}
			least[i] = min(least[i], time.Since(began))
		}
	}
	// An early exit at the first of 256 would be a twentieth of the time.
	require.Less(t, float64(slices.Max(least))/float64(slices.Min(least)), 4.0)
}

func TestTokensThatAreWrongStopTheStart(t *testing.T) {
	const secret = "hunter2"
	for _, c := range []struct {
		list []TokenConfig
		want string
	}{
		{[]TokenConfig{{Name: "a", Role: "read", Token: secret}}, "api.tokens[0].token has 7 characters: want 32 to 512"},
		{[]TokenConfig{{Name: "a", Role: "boss", Token: "x"}}, "role is unknown: want read, operate or admin"},
		{[]TokenConfig{{Name: "A B", Role: "read"}}, "name is not allowed"},
		{[]TokenConfig{{Name: LocalName, Role: "read"}}, "this one is the local token's"},
		{[]TokenConfig{{Name: "a", Role: "read"}}, "token is not set"},
		{[]TokenConfig{{Name: "a", Role: "read", SHA256: secret}}, "64 hexadecimal digits"},
		{[]TokenConfig{{Name: "a", Role: "read", SHA256: digest(long), TokenEnv: "X"}}, "want one of token"},
		{[]TokenConfig{{Name: "a", Role: "read", Token: "x", TokenEnv: "X"}}, "want one of them"},
		{[]TokenConfig{{Name: "a", Role: "read", TokenEnv: "GATEHOUND_NOT_SET"}}, "is empty where it is read from"},
		{[]TokenConfig{{Name: "a", Role: "read", TokenFile: "/nonexistent"}}, "no such file"},
		{[]TokenConfig{{Name: "a", Role: "read", SHA256: digest(long)}, {Name: "a", Role: "read", SHA256: digest(long + "1")}}, "api.tokens[1].name is taken"},
		{[]TokenConfig{{Name: "a", Role: "read", SHA256: digest(long)}, {Name: "b", Role: "admin", SHA256: digest(long)}}, "token is that of a"},
	} {
		_, err := NewTokens(c.list, "")
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), secret)
	}
	text, err := json.Marshal(TokenConfig{Token: "tttttttttttttttttttttttttttttttt"})
	require.NoError(t, err)
	require.NotContains(t, string(text), "tttt")
	require.Equal(t, "invalid", Role(9).String())
}

func TestTheLocalTokenIsMadeOnceAndPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api-token")
	var wait sync.WaitGroup
	var mu sync.Mutex
	made, tokens := 0, map[string]bool{}
	for range 8 { // several processes start at the same moment
		wait.Go(func() {
			token, fresh, err := LocalToken(path)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if fresh {
				made++
			}
			tokens[token] = true
		})
	}
	wait.Wait()
	require.Equal(t, 1, made)
	require.Len(t, tokens, 1)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing is left beside it")
	token, err := ReadToken(path)
	require.NoError(t, err)
	require.Len(t, token, 43)

	require.NoError(t, os.Chmod(path, 0o640))
	_, _, err = LocalToken(path)
	require.ErrorContains(t, err, "chmod 600")
	require.NotContains(t, err.Error(), token)
	require.NoError(t, os.Chmod(path, 0o600))
	require.NoError(t, os.WriteFile(path, []byte("short"), 0o600))
	_, err = ReadToken(path)
	require.ErrorContains(t, err, "want 32 to 512")
	_, err = ReadToken(filepath.Dir(path))
	require.ErrorContains(t, err, "not a regular file")
	_, _, err = LocalToken(filepath.Join(path, "below-a-file"))
	require.Error(t, err)
	_, _, err = LocalToken(filepath.Join(t.TempDir(), "nowhere", "api-token"))
	require.ErrorContains(t, err, "make the local token")
}

func TestRates(t *testing.T) {
	at := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	r := NewRate(2, 3, 2)
	for range 3 {
		require.Zero(t, r.Token(0, at))
	}
	require.Equal(t, 500*time.Millisecond, r.Token(0, at))
	require.Zero(t, r.Token(1, at), "the other token has its own")
	require.Zero(t, r.Token(0, at.Add(500*time.Millisecond)))
	require.NotZero(t, r.Token(0, at.Add(500*time.Millisecond)))
	require.NotZero(t, r.Token(0, at), "a clock that goes back gives nothing")
	for i := range 3 {
		require.Zero(t, r.Token(0, at.Add(time.Hour)), "after an hour a burst again: %d", i)
	}
	require.NotZero(t, r.Token(0, at.Add(time.Hour)))
}

// TestTheTableOfAddressesIsBounded: a stranger with a million addresses costs
// the memory of some thousand, and gets the rate of one more.
func TestTheTableOfAddressesIsBounded(t *testing.T) {
	at := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	r := NewRate(1, 2, 0)
	passed := 0
	for i := range 100_000 {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		if r.Address(a, at) == 0 {
			passed++
		}
	}
	require.Equal(t, MaxAddresses+2, passed, "once each of those in the table, and a burst for all others")
	require.Len(t, r.addresses, MaxAddresses)
	require.Zero(t, r.Address(netip.MustParseAddr("192.0.2.1"), at.Add(time.Minute)))
	require.Len(t, r.addresses, 1, "the quiet ones are forgotten")

	v6 := NewRate(1, 2, 0)
	for i := range 3 {
		wait := v6.Address(netip.MustParseAddr(fmt.Sprintf("2001:db8::%d", i+1)), at)
		require.Equal(t, i == 2, wait > 0, "a /64 is one")
	}
	require.Zero(t, v6.Address(netip.MustParseAddr("2001:db8:0:1::1"), at))
	require.Zero(t, v6.Address(netip.MustParseAddr("::ffff:192.0.2.7"), at))
	require.Zero(t, v6.Address(netip.MustParseAddr("192.0.2.7"), at))
	require.NotZero(t, v6.Address(netip.MustParseAddr("192.0.2.7"), at), "mapped or not, it is one")
	require.Zero(t, v6.Address(netip.Addr{}, at), "an address that is none counts as one")
}

func TestTheBoundedListenerGivesPlacesBack(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	b := Bounded(l, 1)
	dial := func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		return c
	}
	c1, c2 := dial(), dial()
	defer c1.Close()
	defer c2.Close()
	first, err := b.Accept()
	require.NoError(t, err)
	accepted := make(chan net.Conn)
	go func() {
		c, err := b.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	select {
	case <-accepted:
		t.Fatal("there were two at a time")
	case <-time.After(50 * time.Millisecond):
	}
	require.NoError(t, first.Close())
	_ = first.Close() // closing twice gives one place
	second := <-accepted
	ended := make(chan error)
	go func() {
		_, err := b.Accept()
		ended <- err
	}()
	require.NoError(t, b.Close())
	require.ErrorIs(t, <-ended, net.ErrClosed, "who waits for a place is told of the end")
	require.NoError(t, second.Close())
}
