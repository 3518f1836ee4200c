// A peer of the benchmarks: the loop over net.Dial, or tls.Dial, that a Go programmer writes. So many
// goroutines as there are to be connections in flight; Go's defaults in all else. It judges nothing:
// with TLS the chain and the name are verified by crypto/tls itself.
//
// Options and output are those of the floors (bench/README.md), and --tls, --ca-file FILE,
// --server-name NAME.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const timeout = 30 * time.Second

// The addresses as fleetsim counts them: every octet from 1 to 254.
func addresses(target string, count int) ([]string, error) {
	first, err := net.ResolveTCPAddr("tcp4", target)
	if err != nil {
		return nil, err
	}
	ip := first.IP.To4()
	number := (int(ip[1])-1)*254*254 + (int(ip[2])-1)*254 + int(ip[3]) - 1
	list := make([]string, count)
	for i := range list {
		n := number + i
		list[i] = fmt.Sprintf("%d.%d.%d.%d:%d", ip[0], n/(254*254)%254+1, n/254%254+1, n%254+1, first.Port)
	}
	return list, nil
}

// Makes so many probes, and returns how many succeeded.
func run(probes int64, inFlight int, targets []string, dial func(string) (net.Conn, error)) int64 {
	var started, succeeded int64
	var workers sync.WaitGroup
	for i := 0; i < inFlight; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for {
				number := atomic.AddInt64(&started, 1)
				if number > probes {
					return
				}
				connection, err := dial(targets[number%int64(len(targets))])
				if err == nil {
					connection.Close()
					atomic.AddInt64(&succeeded, 1)
				}
			}
		}()
	}
	workers.Wait()
	return succeeded
}

func cpuSeconds() (float64, float64) {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano()) / 1e9, float64(usage.Stime.Nano()) / 1e9
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "dial_loop:", err)
	os.Exit(2)
}

func main() {
	target := flag.String("target", "", "the first address, and the port")
	addressCount := flag.Int("addresses", 1, "how many addresses")
	inFlight := flag.Int("in-flight", 200, "connections at a time")
	count := flag.Int64("count", 10000, "probes that are counted")
	warm := flag.Int64("warm", 0, "probes before these")
	useTLS := flag.Bool("tls", false, "speak TLS")
	caFile := flag.String("ca-file", "", "trusted roots")
	serverName := flag.String("server-name", "", "the name to send and to verify")
	flag.Parse()

	targets, err := addresses(*target, *addressCount)
	if err != nil {
		fail(err)
	}
	dialer := &net.Dialer{Timeout: timeout}
	dial := func(address string) (net.Conn, error) { return dialer.Dial("tcp", address) }
	if *useTLS {
		pem, err := os.ReadFile(*caFile)
		if err != nil {
			fail(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		config := &tls.Config{RootCAs: roots, ServerName: *serverName}
		dial = func(address string) (net.Conn, error) {
			connection, err := tls.DialWithDialer(dialer, "tcp", address, config)
			if err != nil {
				return nil, err
			}
			return connection, nil
		}
	}

	run(*warm, *inFlight, targets, dial)
	userBefore, systemBefore := cpuSeconds()
	begin := time.Now()
	succeeded := run(*count, *inFlight, targets, dial)
	wall := time.Since(begin).Seconds()
	userAfter, systemAfter := cpuSeconds()
	json.NewEncoder(os.Stdout).Encode(map[string]interface{}{
		"program": "dial_loop", "probes": *count, "succeeded": succeeded, "user_s": userAfter - userBefore,
		"system_s": systemAfter - systemBefore, "wall_s": wall, "in_flight": *inFlight})
	if succeeded != *count {
		os.Exit(1)
	}
}
