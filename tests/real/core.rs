// SPDX-License-Identifier: BSD-2-Clause
//! Rust without its own library, which is there for glibc only as a rule: threads, files and children by another's.
#![no_std]
#![no_main]
use core::ffi::{c_char, c_int, c_long, c_ulong, c_void};
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicI32, Ordering};

extern "C" {
    fn printf(format: *const c_char, ...) -> c_int;
    fn pthread_create(t: *mut c_ulong, a: *const c_void, f: extern "C" fn(*mut c_void) -> *mut c_void, x: *mut c_void) -> c_int;
    fn pthread_join(t: c_ulong, r: *mut *mut c_void) -> c_int;
    fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    fn write(fd: c_int, p: *const c_void, n: usize) -> isize;
    fn pread(fd: c_int, p: *mut c_void, n: usize, at: c_long) -> isize;
    fn close(fd: c_int) -> c_int;
    fn fork() -> c_int;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn _exit(status: c_int) -> !;
    fn abort() -> !;
}

static CALLS: AtomicI32 = AtomicI32::new(0);

extern "C" fn life(x: *mut c_void) -> *mut c_void {
    for _ in 0..100 {
        // An error each time.
        if unsafe { close(-1) } == -1 {
            CALLS.fetch_add(1, Ordering::SeqCst);
        }
    }
    x
}

fn file() -> bool {
    let mut text = [0u8; 6];
    unsafe {
        let fd = open(c"file".as_ptr(), 0o102, 0o644);
        write(fd, c"inside".as_ptr().cast(), 6) == 6
            && pread(fd, text.as_mut_ptr().cast(), 6, 0) == 6
            && text == *b"inside"
            && close(fd) == 0
    }
}

#[no_mangle]
pub extern "C" fn main(_argc: c_int, _argv: *const *const c_char) -> c_int {
    let mut threads = [0; 50];
    let mut status = 0;
    for t in threads.iter_mut() {
        unsafe { pthread_create(t, null(), life, null_mut()) };
    }
    for t in threads {
        unsafe { pthread_join(t, null_mut()) };
    }
    let child = unsafe { fork() };
    if child == 0 {
        unsafe { _exit(5) };
    }
    unsafe { waitpid(child, &mut status, 0) };
    unsafe { printf(c"%d calls, child %d, file %d\n".as_ptr(), CALLS.load(Ordering::SeqCst), status >> 8, file() as c_int) };
    7
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    unsafe { abort() }
}
