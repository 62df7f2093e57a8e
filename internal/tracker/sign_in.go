package tracker

import (
	"fmt"
	"net/netip"
	"time"
)

// WaitError refuses a try to sign in before anybody has looked at it: there
// were too many wrong ones. It says nothing about whether the account exists.
type WaitError struct{ For time.Duration }

func (e *WaitError) Error() string { return fmt.Sprintf("too many tries to sign in: wait %s", e.For) }

// networkBits of an IPv6 address are an office's or a household's. The rest is
// chosen by the machine itself, anew whenever it likes.
const networkBits = 64

// Network is what tries to sign in are counted by: the address as it is, of
// IPv6 the /64 that it lies in. What is no address is a network of its own.
func Network(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	return netip.PrefixFrom(addr, networkBits).Masked().String()
}
