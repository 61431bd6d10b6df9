# SPDX-License-Identifier: BSD-2-Clause
# From the table of system calls (NUMBER NAME ...): their names as C strings, one a number, NUL
# between them; a number without a name has an empty one.
BEGIN { last = -1 }
/^[0-9]/ && $1 < 512 {
	name[$1 + 0] = $2
	if ($1 + 0 > last)
		last = $1 + 0
}
END {
	print "/* Made by names.awk. */"
	for (i = 0; i <= last; i++)
		printf "\"%s\\0\"\n", name[i]
}
