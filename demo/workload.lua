-- SPDX-License-Identifier: BSD-2-Clause
-- Real work with many system calls: files written, read back, sorted, renamed, removed; errors too.
local dir = arg[1] or "."
local name = dir .. "/numbers.txt"

-- A sieve, written a line at a time without a buffer: one write a line.
local sieve, primes = {}, 0
local out = assert(io.open(name, "w"))
out:setvbuf("no")
for n = 2, 20000 do
	if not sieve[n] then
		for m = n * n, 20000, n do
			sieve[m] = true
		end
		primes = primes + 1
		out:write(n, "\n")
	end
end
out:close()
print("primes", primes)

-- Read back in small pieces, with seeks.
local file, sum = assert(io.open(name, "rb")), 0
file:setvbuf("no")
for line in file:lines() do
	sum = sum + tonumber(line)
end
print("sum", sum, "bytes", file:seek("end"))
for at = 0, file:seek("end"), 997 do
	file:seek("set", at)
	file:read(1)
end
file:close()

-- Words counted and sorted: memory that grows and shrinks.
local words = {}
for i = 1, 50000 do
	local word = ("w%x"):format(i * 2654435761 % 4096)
	words[word] = (words[word] or 0) + 1
end
local list = {}
for word, count in pairs(words) do
	list[#list + 1] = ("%05d %s"):format(count, word)
end
table.sort(list)
print("words", #list, list[1], list[#list])

-- What fails must fail alike.
for i = 1, 25 do
	local f, message, code = io.open(dir .. "/missing/" .. i)
	assert(not f and code == 2, message)
end
print("removed", os.remove(dir .. "/nothing"))
assert(os.rename(name, name .. ".old"))
assert(os.remove(name .. ".old"))
collectgarbage()
print("done")
