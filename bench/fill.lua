-- Fills a table with BatchWriteItem: items FROM to TO of TABLE, 25 a request, and then again from the first. ITEM is an
-- item with @ for its number.
local item = os.getenv("ITEM")
local at, last, name = tonumber(os.getenv("FROM")), tonumber(os.getenv("TO")), os.getenv("TABLE")
local headers = { ["X-Amz-Target"] = "DynamoDB_20120810.BatchWriteItem", ["Content-Type"] = "application/x-amz-json-1.0",
  ["X-Amz-Date"] = os.getenv("DATE"), ["Authorization"] = os.getenv("AUTHORIZATION") }
request = function()
  local puts = {}
  for i = 1, 25 do
    puts[i] = '{"PutRequest":{"Item":' .. string.gsub(item, "@", string.format("%d", at)) .. "}}"
    at = at < last and at + 1 or tonumber(os.getenv("FROM"))
  end
  return wrk.format("POST", "/", headers, '{"RequestItems":{"' .. name .. '":[' .. table.concat(puts, ",") .. "]}}")
end
