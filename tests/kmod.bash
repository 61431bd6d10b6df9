# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
# Kernels in QEMU: the suite of the module and its bench. KERNELS may be others, with KASAN for example, that
# need more memory and time: GUEST_MEMORY is in MiB, PATIENCE a factor. ONLY is a regular expression: of the tests
# in guest.sh those run whose names it fits.

: "${KERNELS:=$BUILD/kernels}" "${GUEST_MEMORY:=512}" "${PATIENCE:=1}" "${ONLY:=.}"

# The series that can be had here.
kernel_series() {
	local s
	for s in 6.1 6.12; do
		[[ ! -e $KERNELS/$s/vmlinuz || ! -e $KERNELS/$s/headers/Module.symvers ]] || echo "$s"
	done
}

# build_module SERIES: into ./SERIES/syslayer.ko
build_module() {
	{
		make -s -C "$BUILD" kmod KDIR="$KERNELS/$1/headers" KMOD_BUILD="$PWD/$1/build" &&
			strip -g -o "$1/syslayer.ko" "$1/build/syslayer.ko"
	} >"$1.log" 2>&1 </dev/null || { cat "$1.log"; return 1; }
}

# make_initramfs SERIES DIRECTORY: what is in the directory, with busybox and the kernel's modules.
make_initramfs() {
	local m root=$1/root
	mkdir -p "$root/bin" "$root/modules"
	cp -a "$2/." "$root"
	cp "$(type -P busybox)" "$root/bin/busybox"
	cp "$1/syslayer.ko" "$root/modules"
	for m in "$KERNELS/$1"/modules/*.ko; do
		strip -g -o "$root/modules/${m##*/}" "$m"
	done
	(cd "$root" && find . -print0 | cpio -0 -o -H newc -R 0:0 --quiet) >"$1/initramfs"
}

# boot SERIES SECONDS [QEMU-OPTION]...: its console in SERIES/console, what it reports in SERIES/results.
# Never kvm, which is not everywhere; never -M microvm, which does not always come up. On a busy machine a guest
# finds its timer wanting and panics, and takes its time stamp counter for several times as fast as it is: the
# timer is not checked, and the counter is not the clock. Nor does an interrupt always come that a timer gives
# once: who has much time to wait has the timer periodic (highres=off nohz=off).
boot() {
	local s=$1 seconds=$2
	shift 2
	timeout -k 5 "$((seconds * PATIENCE))" qemu-system-x86_64 -accel tcg -M pc -cpu qemu64 -m "$GUEST_MEMORY" -display none -monitor none \
		-no-reboot -kernel "$KERNELS/$s/vmlinuz" -initrd "$s/initramfs" -serial "file:$s/console" \
		-serial "file:$s/results" "$@" </dev/null \
		-append "console=ttyS0 panic=-1 quiet loglevel=4 no_timer_check clocksource=acpi_pm nowatchdog patience=$PATIENCE only=$ONLY $APPEND"
}
