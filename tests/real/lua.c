// SPDX-License-Identifier: BSD-2-Clause
/* lua SCRIPT: runs it. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	lua_State *l = luaL_newstate();

	if (!l || argc != 2)
		return 2;
	luaL_openlibs(l);
	if (luaL_dofile(l, argv[1])) {
		puts(lua_tostring(l, -1));
		return 1;
	}
	lua_close(l);
	return 0;
}
