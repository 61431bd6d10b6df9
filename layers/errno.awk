# SPDX-License-Identifier: BSD-2-Clause
# From errno.tbl (NUMBER NAME MESSAGE): names and messages as C strings in a row, and where each begins.
/^[0-9]/ {
	message = $0
	sub(/^[0-9]+ [A-Z0-9]+ /, "", message)
	offset[$1 + 0] = at + 1
	last = $1 + 0
	text = text "\t\"" $2 "\\0" message "\\0\"\n"
	at += length($2) + length(message) + 2
}
END {
	print "/* Made by errno.awk. */\nstatic const char error_names[] = \"\\0\"\n" text "\t;"
	print "#define ERRORS " last + 1 "\nstatic const unsigned short error_at[] = {"
	for (i = 0; i <= last; i++)
		print "\t" offset[i] + 0 ","
	print "};"
}
