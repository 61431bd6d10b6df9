// SPDX-License-Identifier: BSD-2-Clause
//! What Rust's library makes system calls for.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{mpsc, Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, panic, thread};

struct Dropped;
impl Drop for Dropped {
    fn drop(&mut self) {
        println!("dropped");
    }
}

fn main() {
    fs::create_dir_all("a/b").unwrap();
    fs::write("a/b/file", "contents\n".repeat(1000)).unwrap();
    fs::copy("a/b/file", "a/copy").unwrap();
    fs::rename("a/copy", "a/renamed").unwrap();
    println!("{} {:?}", fs::read("a/renamed").unwrap().len(), fs::read("nothing").map_err(|e| e.kind()));
    let mut names: Vec<_> = fs::read_dir("a").unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    println!("{names:?}");

    let sum: u64 = (0..8u64).map(|i| thread::spawn(move || (0..1000).map(|x| x * i).sum::<u64>())).map(|t| t.join().unwrap()).sum();
    println!("{sum}");
    let pair = Arc::new((Mutex::new(0), Condvar::new()));
    let (send, receive) = mpsc::channel();
    for _ in 0..4 {
        let (pair, send) = (pair.clone(), send.clone());
        thread::spawn(move || {
            for _ in 0..500 {
                *pair.0.lock().unwrap() += 1;
                pair.1.notify_one();
                thread::yield_now();
            }
            send.send(1).unwrap();
        });
    }
    drop(send);
    let mut n = pair.0.lock().unwrap();
    while *n < 2000 {
        n = pair.1.wait_timeout(n, Duration::from_secs(10)).unwrap().0;
    }
    println!("{} {}", *n, receive.iter().sum::<i32>());

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut s, _) = listener.accept().unwrap();
        let mut text = String::new();
        s.read_to_string(&mut text).unwrap();
        text.len()
    });
    TcpStream::connect(address).unwrap().write_all(&[b'x'; 100_000]).unwrap();
    println!("{}", server.join().unwrap());

    let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"through a child").unwrap();
    println!("{:?}", String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap());
    println!("{:?}", Command::new("sh").args(["-c", "exit 3"]).status().unwrap().code());
    println!("{:?}", Command::new("/nothing").status().map_err(|e| e.kind()));
    if env::args().len() == 1 {
        println!("{:?}", Command::new(env::current_exe().unwrap()).arg("again").output().unwrap().stdout.len());
    }

    let start = Instant::now();
    thread::sleep(Duration::from_millis(5));
    println!("{}", start.elapsed() >= Duration::from_millis(5));
    panic::set_hook(Box::new(|_| ()));
    println!("{}", panic::catch_unwind(|| { let _d = Dropped; fs::read("nothing").unwrap() }).is_err());
    println!("{}", thread::spawn(|| { let _d = Dropped; panic!() }).join().is_err());
    std::process::exit(7);
}
