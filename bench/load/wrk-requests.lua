-- POSTs of token requests whose bodies are drawn at random; prints one line that wrk.ts reads.

local headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
local records, width, count, prefix, only

function init(args)
  local file = assert(io.open(args[1], "rb"))
  records = file:read("*a")
  file:close()
  width = tonumber(args[2])
  prefix = args[3]
  count = #records / width
  math.randomseed(os.time())
  if count == 1 then only = wrk.format("POST", nil, headers, prefix .. records) end
end

function request()
  if only then return only end
  local start = math.random(0, count - 1) * width
  return wrk.format("POST", nil, headers, prefix .. records:sub(start + 1, start + width))
end

function done(summary, latency)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local numbers = { summary.requests, summary.duration, failures, latency:percentile(50), latency:percentile(99) }
  io.write("counts")
  for _, number in ipairs(numbers) do io.write(string.format(" %.0f", number)) end
  io.write("\n")
end
