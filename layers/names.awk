# SPDX-License-Identifier: BSD-2-Clause
# From the table of system calls (NUMBER NAME ...): their names as C strings in a row, and where the one of each
# number begins; a number without a name has an empty one.
BEGIN { last = -1 }
/^[0-9]/ && $1 < 512 {
	name[$1 + 0] = $2
	if ($1 + 0 > last)
		last = $1 + 0
}
END {
	print "/* Made by names.awk. */\nstatic const char names[] ="
	for (i = 0; i <= last; i++) {
		printf "\t\"%s\\0\"\n", name[i]
		offset[i] = at + 0
		at += length(name[i]) + 1
	}
	print "\t;\nstatic const unsigned short name_at[] = {"
	for (i = 0; i <= last; i++)
		print "\t" offset[i] ","
	print "};"
}
