-- SPDX-License-Identifier: BSD-2-Clause
-- What Lua makes system calls for.
local name = "file"
local f = assert(io.open(name, "w"))
for i = 1, 2000 do f:write(i, " ", i * i, "\n") end
f:close()
local sum = 0
for line in io.lines(name) do sum = sum + tonumber(line:match("%d+$")) end
print("sum", sum)
f = assert(io.open(name, "r+"))
f:seek("set", 100)
f:write("overwritten")
print(f:seek("cur"), f:seek("end"))
f:setvbuf("no")
for i = 1, 100 do f:write(i) end
f:close()
print(os.rename(name, "renamed"), io.open(name), os.remove("renamed"), os.remove("renamed"))
local p = io.popen("echo from a child; exit 3")
print(p:read("a"), p:close())
print(os.execute("exit 4"))
print(os.getenv("HOME") ~= nil, os.date("!%F %T", 86400), type(os.time()), os.clock() >= 0)
local t = {}
for i = 1, 200000 do t[i] = { i } end
t = nil
collectgarbage()
print(pcall(error, "caught"), select("#", coroutine.resume(coroutine.create(function() error("in a coroutine") end))))
os.exit(6)
