// SPDX-License-Identifier: BSD-2-Clause

// http REQUESTS: a server, and 8 clients that keep their connections; ends when all have been answered.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
)

func main() {
	requests, _ := strconv.Atoi(os.Args[1])
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "hello, "+r.URL.Path)
	}))
	var all sync.WaitGroup
	for i := 0; i < 8; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			client := &http.Client{Transport: &http.Transport{}}
			for n := 0; n < requests/8; n++ {
				reply, err := client.Get("http://" + listener.Addr().String() + "/x")
				if err != nil {
					fmt.Println(err)
					os.Exit(1)
				}
				io.Copy(io.Discard, reply.Body)
				reply.Body.Close()
			}
		}()
	}
	all.Wait()
}
