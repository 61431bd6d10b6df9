# SPDX-License-Identifier: BSD-2-Clause
# From the table of system calls: <syslayer/sys.h>, or the sources of the wrappers.
#
#   awk -f generate.awk TABLE sys.h.in >sys.h
#   awk -v objects=DIR -f generate.awk TABLE     DIR/sys_NAME.s and DIR/libsys_NAME.s
#   awk -v template=TEXT -f generate.awk TABLE   TEXT a call; @name@, @number@, @arguments@ (how many)
#                                                and @kind@ (slot, in_place, sigreturn) stand for its own
#
# For any POSIX awk.

BEGIN {
	kind["vfork"] = kind["clone"] = kind["clone3"] = "in_place"
	kind["rt_sigreturn"] = "sigreturn"
}

function die(message) {
	printf "%s:%d: %s\n", FILENAME, FNR, message > "/dev/stderr"
	failed = 1
	exit 1
}

# FILENAME changes at the template; the table is the first file.
FNR == 1 { file++ }

file == 1 && /^#/ { next }

file == 1 {
	paren = index($0, "(")
	if ($1 !~ /^[0-9]+$/ || $2 !~ /^[a-z0-9_]+$/ || !paren || $0 !~ /\)$/)
		die("not NUMBER NAME RETURN_TYPE (TYPE name, ...)")
	if (calls && $1 + 0 <= number[calls])
		die("not ascending")
	n = ++calls
	number[n] = $1 + 0
	name[n] = $2
	type[n] = substr($0, length($1 " " $2 " ") + 1)
	sub(/ *\(.*/, "", type[n])
	if (type[n] == "")
		die("no type")
	if (type[n] !~ /\*$/)
		type[n] = type[n] " "
	arguments[n] = substr($0, paren)
	count[n] = arguments[n] == "(void)" ? 0 : split(arguments[n], unused, ",")
	if (count[n] > 6)
		die("more than 6 arguments")
	rest = arguments[n]
	while (match(rest, /(struct|union) [a-z0-9_]+/)) {
		tag = substr(rest, RSTART, RLENGTH)
		if (!(tag in seen)) {
			seen[tag] = 1
			tags = tags tag ";\n"
		}
		rest = substr(rest, RSTART + RLENGTH)
	}
	next
}

/^@numbers@$/ { for (i = 1; i <= calls; i++) print "#define SYSLAYER_NR_" name[i], number[i]; next }
/^@tags@$/    { printf "%s", tags; next }
/^@raw@$/     { for (i = 1; i <= calls; i++) print "long sys_" name[i] arguments[i] ";"; next }
/^@classic@$/ { for (i = 1; i <= calls; i++) print type[i] "libsys_" name[i] arguments[i] ";"; next }
{ print }

function kind_of(i) {
	return name[i] in kind ? kind[name[i]] : "slot"
}

function wrapper(form, prefix, i,    path) {
	path = objects "/" prefix name[i] ".s"
	printf "\t.include \"wrapper.inc\"\n\t%s_%s %s, %d, %d\n", \
		form, kind_of(i), name[i], number[i], count[i] > path
	close(path)
}

function fill(text, i) {
	gsub(/@name@/, name[i], text)
	gsub(/@number@/, number[i], text)
	gsub(/@arguments@/, count[i], text)
	gsub(/@kind@/, kind_of(i), text)
	return text
}

END {
	if (failed)
		exit 1
	for (i = 1; objects != "" && i <= calls; i++) {
		wrapper("raw", "sys_", i)
		wrapper("classic", "libsys_", i)
	}
	for (i = 1; template != "" && i <= calls; i++)
		print fill(template, i)
}
