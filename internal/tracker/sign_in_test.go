package tracker_test

import (
	"net/netip"
	"testing"

	"learningcity/internal/tracker"
)

func TestNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
		"@": "@", "": "", "not an address": "not an address",
	} {
		if got := tracker.Network(address); got != want {
			t.Errorf("%q is in %q, want %q", address, got, want)
		}
	}
}

// FuzzNetwork: an address lies in its network, and all of one /64 in the same.
func FuzzNetwork(f *testing.F) {
	f.Add([]byte{192, 0, 2, 7}, byte(1))
	f.Add([]byte("\x20\x01\x0d\xb8\x00\x01\x00\x02\x00\x03\x00\x04\x00\x05\x00\x06"), byte(9))
	f.Fuzz(func(t *testing.T, bytes []byte, other byte) {
		addr, ok := netip.AddrFromSlice(bytes)
		if !ok {
			return
		}
		network := tracker.Network(addr.String())
		bytes[len(bytes)-1] ^= other
		neighbour, _ := netip.AddrFromSlice(bytes)
		same := tracker.Network(neighbour.String()) == network
		if single := addr.Unmap().Is4(); same != (!single || other == 0) {
			t.Errorf("%s and %s: one network is %v", addr, neighbour, same)
		}
	})
}
