// SPDX-License-Identifier: BSD-2-Clause

// go WHAT: what a Go runtime does with system calls. The last line says whether all was right.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func hello() bool {
	name, err := os.Executable()
	return err == nil && name != ""
}

// A server with clients that come and go.
func serve() bool {
	var bad int32
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return false
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat(r.URL.Path, 1000))
	}))
	var all sync.WaitGroup
	for i := 0; i < 20; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: i%2 == 0}}
			for n := 0; n < 50; n++ {
				path := fmt.Sprintf("/%d/%d", i, n)
				reply, err := client.Get("http://" + listener.Addr().String() + path)
				if err != nil {
					atomic.AddInt32(&bad, 1)
					continue
				}
				body, err := io.ReadAll(reply.Body)
				reply.Body.Close()
				if err != nil || string(body) != strings.Repeat(path, 1000) {
					atomic.AddInt32(&bad, 1)
				}
			}
		}(i)
	}
	all.Wait()
	return bad == 0
}

// Children, which Go makes with a vfork of its own.
func children() bool {
	var bad int32
	var all sync.WaitGroup
	for i := 0; i < 8; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			for n := 0; n < 10; n++ {
				said, err := exec.Command("sh", "-c", fmt.Sprintf("echo %d; exit 3", i)).Output()
				status, exited := err.(*exec.ExitError)
				if !exited || status.ExitCode() != 3 || string(said) != fmt.Sprintln(i) {
					atomic.AddInt32(&bad, 1)
				}
			}
		}(i)
	}
	all.Wait()
	if _, err := exec.Command("/nonexistent").Output(); err == nil {
		return false
	}
	return bad == 0
}

// Profiling signals arrive in slots and trampolines, where the runtime knows no function.
func profile() bool {
	var b bytes.Buffer
	runtime.SetCPUProfileRate(2000)
	if pprof.StartCPUProfile(&b) != nil {
		return false
	}
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		for i := 0; i < 1000; i++ {
			syscall.Getppid()
			syscall.Close(-1)
		}
	}
	pprof.StopCPUProfile()
	return b.Len() > 100
}

// A thousand that block, sleep, and wake one another.
func goroutines() bool {
	var sum int64
	var all sync.WaitGroup
	r, w, err := os.Pipe()
	if err != nil {
		return false
	}
	for i := 0; i < 1000; i++ {
		all.Add(2)
		go func() {
			defer all.Done()
			time.Sleep(time.Duration(i%7) * time.Millisecond)
			w.Write([]byte{1})
		}()
		go func() {
			defer all.Done()
			var one [1]byte
			if n, _ := r.Read(one[:]); n == 1 {
				atomic.AddInt64(&sum, int64(one[0]))
			}
			if i%10 == 0 {
				runtime.LockOSThread()
				syscall.Nanosleep(&syscall.Timespec{Nsec: 1000000}, nil)
			}
		}()
	}
	all.Wait()
	return sum == 1000
}

// Signals at once, to a program that calls, collects garbage and is preempted.
func storm() bool {
	var got, stop, bad int32
	signals := make(chan os.Signal, 100)
	signal.Notify(signals, syscall.SIGUSR1)
	go func() {
		for range signals {
			atomic.AddInt32(&got, 1)
		}
	}()
	var all sync.WaitGroup
	for i := 0; i < 4; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for atomic.LoadInt32(&stop) == 0 {
				if syscall.Getppid() <= 0 || syscall.Close(-1) != syscall.EBADF {
					atomic.AddInt32(&bad, 1)
				}
				_ = make([]byte, 1<<12)
			}
		}()
	}
	for i := 0; i < 5000; i++ {
		syscall.Kill(os.Getpid(), syscall.SIGUSR1)
		if i%100 == 0 {
			runtime.GC()
		}
	}
	atomic.StoreInt32(&stop, 1)
	all.Wait()
	return got > 0 && bad == 0
}

// At each depth of a stack that has just grown or is about to, by each of the ways into the kernel.
func deeper(depth int, pad [5]uintptr) uintptr {
	if depth == 0 {
		return pad[0]
	}
	a, _, _ := syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
	b, _, _ := syscall.Syscall6(syscall.SYS_GETPPID, 0, 0, 0, 0, 0, 0)
	if a != b {
		return ^uintptr(0)
	}
	return deeper(depth-1, [5]uintptr{pad[0] + 1, a, b})
}

// What lies below a small stack is other memory of the program.
func stacks() bool {
	var bad int32
	var all sync.WaitGroup
	for i := 0; i < 2000; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			mine := bytes.Repeat([]byte{byte(i)}, 2048)
			if deeper(i%200, [5]uintptr{}) != uintptr(i%200) {
				atomic.AddInt32(&bad, 1)
			}
			for _, b := range mine {
				if b != byte(i) {
					atomic.AddInt32(&bad, 1)
				}
			}
		}(i)
	}
	all.Wait()
	runtime.GC()
	return bad == 0
}

func main() {
	what := map[string]func() bool{"hello": hello, "serve": serve, "children": children, "profile": profile,
		"goroutines": goroutines, "storm": storm, "stacks": stacks}[os.Args[1]]
	if !what() {
		fmt.Println(os.Args[1] + ": wrong")
		os.Exit(1)
	}
	fmt.Println(os.Args[1] + ": right")
}
