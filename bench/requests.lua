-- Sends the requests of a file that bench.py wrote, in turn: REQUESTS names it.
-- Blocks of: a line with the header names and values, separated by tabs; a line with the body.
local requests, at = {}, 0
for line in io.lines(os.getenv("REQUESTS")) do
  if not requests[#requests] or requests[#requests].body then
    local headers, name = {}, nil
    for word in line:gmatch("[^\t]+") do
      if name then headers[name], name = word, nil else name = word end
    end
    requests[#requests + 1] = { headers = headers }
  else
    requests[#requests].body = line
  end
end
for i, each in ipairs(requests) do requests[i] = wrk.format("POST", os.getenv("TARGET") or "/", each.headers, each.body) end
request = function()
  at = at % #requests + 1
  return requests[at]
end
-- A refused request would be a fast one.
local threads = {}
function setup(thread) threads[#threads + 1] = thread end
function init() refused = 0 end
function response(status) if status >= 300 then refused = refused + 1 end end
function done(summary)
  local total = 0
  for _, thread in ipairs(threads) do total = total + thread:get("refused") end
  io.write(string.format("REFUSED %d\n", total))
end
