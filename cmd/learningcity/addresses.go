package main

import "net"

// addresses are what people can type into a browser to get to the listener.
func addresses(listening net.Addr) []string {
	host, port, err := net.SplitHostPort(listening.String())
	if err != nil {
		return []string{listening.String()}
	}
	if ip := net.ParseIP(host); ip != nil && !ip.IsUnspecified() {
		return []string{"http://" + net.JoinHostPort(host, port)}
	}
	all := []string{"http://" + net.JoinHostPort("127.0.0.1", port)}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return all
	}
	for _, address := range own {
		if n, ok := address.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			all = append(all, "http://"+net.JoinHostPort(n.IP.String(), port))
		}
	}
	return all
}
