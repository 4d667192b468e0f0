-- The same POST by one user after the other. Arguments: the file with the body, then headers as `Name: value`, among them an
-- `Authorization` of each user. Each request has a name of its own where the address has NUMBER in it.
local threads = 0

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

function init(args)
   local file = assert(io.open(args[1], "rb"))
   wrk.method = "POST"
   wrk.body = file:read("*a")
   file:close()
   users = {}
   for i = 2, #args do
      local name, value = args[i]:match("^([^:]+): (.*)$")
      if name == "Authorization" then
         users[#users + 1] = value
      else
         wrk.headers[name] = value
      end
   end
   requests = {}
   for i, authorization in ipairs(users) do
      wrk.headers["Authorization"] = authorization
      requests[i] = wrk.format()
   end
   numbered = wrk.path:find("NUMBER", 1, true)
   -- No number comes again in a later run.
   run = string.format("%d-%d-", os.time(), number)
   -- There are two threads at most: each begins with users that the other has last.
   at = number * math.floor(#requests / 2)
end

function request()
   at = at + 1
   local user = at % #requests + 1
   if not numbered then
      return requests[user]
   end
   wrk.headers["Authorization"] = users[user]
   return wrk.format(nil, (wrk.path:gsub("NUMBER", run .. at)))
end

function done(summary)
   local e = summary.errors
   io.write(string.format("RESULT requests=%d bytes=%d microseconds=%d faults=%d statuses=%d\n", summary.requests,
      summary.bytes, summary.duration, e.connect + e.read + e.write + e.timeout, e.status))
end
