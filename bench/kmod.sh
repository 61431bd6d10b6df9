#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the kernel module costs: instructions of vfork, exec and wait in a guest with Linux 6.1, counted
# by QEMU (-icount shift=0, one a nanosecond of the guest's time stamp counter).
set -eu
: "${BUILD:?}" "${SRC:?}"
kernel=${KERNELS:-$BUILD/kernels}/6.1
if [ ! -e "$kernel/vmlinuz" ] || ! command -v qemu-system-x86_64 >/dev/null; then
	echo "no Linux 6.1 in $kernel, or no QEMU: tests/kmod/fetch-kernels.sh $BUILD/kernels" >&2
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir -p root/bin root/lib/x86_64-linux-gnu root/lib64
make -s -C "$BUILD" kmod KDIR="$kernel/headers" KMOD_BUILD="$work/build" >build.log 2>&1 || { cat build.log; exit 1; }
directory=$(make -s -C "$BUILD" kmod-directory)
strip -g -o root/syslayer.ko build/syslayer.ko
cp "$BUILD/layers/native.img" root
cp "$(command -v busybox)" root/bin
cp -L /lib64/ld-linux-x86-64.so.2 root/lib64
cp -L /lib/x86_64-linux-gnu/libc.so.6 root/lib/x86_64-linux-gnu
echo 'int main(void) { return 0; }' >true.c
gcc -O2 -static -o root/measure "$SRC/bench/vfork-exec.c"
gcc -O2 -o root/dynamic true.c
gcc -O2 -static -o root/static true.c
gcc -O2 -static -Wl,-plugin,"$BUILD/plugin/.libs/syslayer.so" -o root/layered true.c
musl-gcc -O2 -static -o root/musl true.c
musl-gcc -O2 -static -Wl,-plugin,"$BUILD/plugin/.libs/syslayer.so" -o root/musl-layered true.c
for p in static musl; do
	"$BUILD/elfpatch/elfpatch" reserve -q -o "root/$p-reserved" "root/$p"
done
cat >root/init <<END
#!/bin/busybox sh
/bin/busybox mkdir -p $directory /dev
/bin/busybox mount -t devtmpfs dev /dev
exec >/dev/ttyS1 2>&1
all() {
	for p in static musl dynamic static-reserved musl-reserved layered musl-layered; do
		echo "\$1 \$p \$(/measure 300 /\$p)"
	done
}
all warm
all without
/bin/busybox insmod /syslayer.ko
all module
/bin/busybox cp /native.img $directory/linux-x86_64.img
all image
/bin/busybox poweroff -f
END
chmod +x root/init
(cd root && find . -print0 | cpio -0 -o -H newc -R 0:0 --quiet) >initramfs
timeout 600 qemu-system-x86_64 -accel tcg -icount shift=0,sleep=off -M pc -cpu qemu64 -m 256 -display none \
	-monitor none -no-reboot -kernel "$kernel/vmlinuz" -initrd initramfs -append "console=ttyS0 panic=-1 quiet" \
	-serial file:console -serial file:results </dev/null
tr -d '\r' <results | awk '
	{ n[$1, $2] = $3 }
	function row(what, a, b) { printf "%-52s %8d %8d %+6.2f %%\n", what, a, b, (b / a - 1) * 100 }
	END {
		row("static glibc, no note: module", n["without", "static"], n["image", "static"])
		row("static musl, no note: module", n["without", "musl"], n["image", "musl"])
		row("dynamic glibc, no note: module", n["without", "dynamic"], n["image", "dynamic"])
		row("static glibc, section: mapped", n["without", "static-reserved"], n["image", "static-reserved"])
		row("static musl, section: mapped", n["without", "musl-reserved"], n["image", "musl-reserved"])
		row("static glibc, rewritten: fallback, mapped", n["without", "layered"], n["image", "layered"])
		row("static musl, rewritten: fallback, mapped", n["without", "musl-layered"], n["image", "musl-layered"])
		row("static glibc: plain, rewritten with fallback", n["without", "static"], n["without", "layered"])
		row("static glibc: plain, rewritten and mapped", n["without", "static"], n["image", "layered"])
	}'
