-- Sends, receives and deletes single messages in turn: each request is the next step of a message that has come so far.
local headers = function(operation)
  return { ["Host"] = wrk.host, ["X-Amz-Date"] = os.getenv("DATE"), ["Authorization"] = os.getenv("AUTHORIZATION"),
           ["Content-Type"] = "application/x-amz-json-1.0", ["X-Amz-Target"] = "AmazonSQS." .. operation }
end
local url, handles, waiting = os.getenv("QUEUE_URL"), {}, 0
local post = function(operation, members)
  return wrk.format("POST", "/", headers(operation), '{"QueueUrl":"' .. url .. '"' .. members .. "}")
end
local send, receive
deleted, refused = 0, 0
function init()
  send, receive = post("SendMessage", ',"MessageBody":"' .. string.rep("x", 100) .. '"'), post("ReceiveMessage", "")
end
function request()
  if #handles > 0 then
    deleted = deleted + 1
    return post("DeleteMessage", ',"ReceiptHandle":"' .. table.remove(handles) .. '"')
  end
  if waiting > 0 then
    waiting = waiting - 1
    return receive
  end
  return send
end
function response(status, _, body)
  if status >= 300 then refused = refused + 1 end
  local handle = body:match('"ReceiptHandle":"([^"]+)"')
  if handle then handles[#handles + 1] = handle elseif body:find('"MD5OfMessageBody"', 1, true) then waiting = waiting + 1 end
end
local threads = {}
function setup(thread) threads[#threads + 1] = thread end
function done()
  local total, messages = 0, 0
  for _, thread in ipairs(threads) do total, messages = total + thread:get("refused"), messages + thread:get("deleted") end
  io.write(string.format("REFUSED %d\nMESSAGES %d\n", total, messages))
end
