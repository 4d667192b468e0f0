-- Another path for every request. Arguments: the file with the body, the file with one path per line.
local threads = 0

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

function init(args)
   local file = assert(io.open(args[1], "rb"))
   wrk.method = "PUT"
   wrk.body = file:read("*a")
   file:close()
   paths = {}
   for path in io.lines(args[2]) do
      paths[#paths + 1] = path
   end
   -- Threads start in different places, so that no two write one object at a time.
   at = number * 7919
end

function request()
   at = at + 1
   return wrk.format(nil, paths[at % #paths + 1])
end

function done(summary)
   local e = summary.errors
   io.write(string.format("RESULT requests=%d bytes=%d microseconds=%d faults=%d statuses=%d\n", summary.requests,
      summary.bytes, summary.duration, e.connect + e.read + e.write + e.timeout, e.status))
end
