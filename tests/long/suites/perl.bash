# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Perl's own tests, of one built with Debian's sources: the language's, and those of modules of files, processes, signals,
# sockets and threads. One looks at a part of the names only, by chance if it is not told which.
export PERL_TEST_CHARNAMES_SEED=1

package() {
	echo perl
}

prepare() {
	[[ -e perl ]] || { ./Configure -des -Dprefix=/nowhere -Dusethreads >/dev/null && make -s -j2; } && make -s test_prep
}

units() {
	(
		cd t || exit
		printf '%s\n' {base,cmd,comp,io,op,re,run,uni,mro,../lib}/*.t \
			../cpan/{File-Path,File-Temp,IO-Socket-IP,IPC-Cmd,IPC-SysV,Socket,Sys-Syslog}/t/*.t \
			../dist/{IO,PathTools,Storable,Thread-Queue,Thread-Semaphore,Time-HiRes,threads,threads-shared}/t/*.t \
			../ext/{Fcntl,File-Find,FileCache,IPC-Open3,POSIX,SDBM_File,Sys-Hostname}/t/*.t
	)
}

one() {
	(cd t && ./perl TEST -v "$1" 2>&1) | tee -a /dev/stderr | tap "$1"
}
