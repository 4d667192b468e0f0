-- One request for the whole run. Arguments: method, the file with the body (`-`: none), then headers as `Name: value`.
function init(args)
   wrk.method = args[1]
   if args[2] and args[2] ~= "-" then
      local file = assert(io.open(args[2], "rb"))
      wrk.body = file:read("*a")
      file:close()
   end
   for i = 3, #args do
      local name, value = args[i]:match("^([^:]+): (.*)$")
      wrk.headers[name] = value
   end
end

function done(summary)
   local e = summary.errors
   io.write(string.format("RESULT requests=%d bytes=%d microseconds=%d faults=%d statuses=%d\n", summary.requests,
      summary.bytes, summary.duration, e.connect + e.read + e.write + e.timeout, e.status))
end
