# SPDX-License-Identifier: BSD-2-Clause
# From the table of system calls (NUMBER NAME TYPE (TYPE NAME, ...)) and that of what layers know of them
# (NAME CLASSES KINDS): names, classes, and kinds of arguments, by number.
/^#/ || !NF { next }
FNR == NR {
	number[$2] = $1 + 0
	name[$1 + 0] = $2
	if ($1 < 512 && $1 + 0 > last)
		last = $1 + 0
	types = $0
	sub(/^[^(]*\(/, "", types)
	sub(/\)$/, "", types)
	n = types == "void" ? 0 : split(types, type, /, */)
	count[$1 + 0] = n
	for (i = 1; i <= n; i++)
		kind[$1 + 0, i] = plain(type[i])
	result[$1 + 0] = "K_D"
	next
}
{
	if (!($1 in number)) {
		print "calls.awk: " $1 ": no such call" >"/dev/stderr"
		exit 1
	}
	at = number[$1]
	classes[at] = $2 == "-" ? "" : $2
	for (i = 3; i <= NF && $i != "="; i++)
		if ($i != ".")
			kind[at, i - 2] = "K_" toupper($i)
	if ($i == "=")
		result[at] = "K_" toupper($(i + 1))
}
# What the prototype alone says.
function plain(t) {
	if (t ~ /\*/)
		return t ~ /^const char \*(path|pathname|filename|oldpath|newpath|oldname|newname)/ ? "K_PATH" : \
			t ~ /^const char \*/ ? "K_STR" : "K_P"
	if (t ~ /(^| )(fd|dfd)$/)
		return "K_FD"
	if (t ~ /size_t|unsigned int/)
		return "K_U"
	if (t ~ /^(int|long) /)
		return "K_D"
	return "K_X"
}
END {
	print "/* Made by calls.awk. */"
	print "static const char call_names[] ="
	for (i = 0; i <= last; i++) {
		offset[i] = at_name + 0
		if (i in name) {
			printf "\t\"%s\\0\"\n", name[i]
			at_name += length(name[i]) + 1
		}
	}
	print "\t;\n#define CALL_NAMES " last + 1
	print "static const unsigned short call_name_at[] = {"
	for (i = 0; i <= last; i++)
		print "\t" (i in name ? offset[i] : 65535) ","
	print "};"
	print "static const unsigned call_classes[] = {"
	for (i = 0; i <= last; i++) {
		printf "\t0"
		for (k = 1; k <= length(classes[i]); k++)
			printf " | CLASS('%s')", substr(classes[i], k, 1)
		print ","
	}
	print "};"
	print "#ifdef CALL_KINDS\nstatic const unsigned char call_kinds[][7] = {"
	for (i = 0; i <= last; i++) {
		printf "\t{"
		for (k = 1; k <= 6; k++)
			printf "%s, ", i in name && k <= count[i] ? kind[i, k] : i in name ? "K_NONE" : "K_X"
		print (i in name ? result[i] : "K_D") "},"
	}
	print "};\n#endif"
}
