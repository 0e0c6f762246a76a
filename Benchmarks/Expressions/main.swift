import FlowCore
import FlowDefinition
import FlowExpression

// Evaluations per second of compiled expressions on one core, over the attributes of a FlowFile, as processors use them.
// The first line copies an attribute without the language; the other lines are ratios to it.

let rounds = 5
let evaluations = 400_000

guard let id = FlowFileID(text: "66ef2239-fb8c-4ad1-a882-393a9a637022") else { fatalError("not a UUID") }
let flowFile = FlowFile(
  id: id,
  attributes: [
    "a": "2026-01-05", "b": "heart", "participant": "P0001", "slice.date": "2026-01-05", "slice.last_date": "2026-01-05",
    "slice.start_time": "00:00", "slice.last_time": "23:59", "samples": "1440", "data_type": "intraday-heart-rate",
  ],
  lineage: LineageID(1), created: Instant(seconds: 1_767_571_200))

/// Evaluations per second, the median of several rounds.
func rate(_ evaluate: () throws -> Int) rethrows -> Double {
  let clock = ContinuousClock()
  var rates: [Double] = []
  for round in 0...rounds {
    var length = 0
    let time = try clock.measure { for _ in 0..<evaluations { length &+= try evaluate() } }
    precondition(length > 0, "nothing was evaluated")
    if round > 0 { rates.append(Double(evaluations) / (time / .seconds(1))) }
  }
  return rates.sorted()[rounds / 2]
}

let base = rate { (flowFile["a"] ?? "").utf8.count }
func show(_ name: String, _ rate: Double) {
  let millions = (rate / 10_000).rounded() / 100
  print("\(name): \(millions) M/s, \((rate / base * 100).rounded() / 100) of a plain attribute")
}
show("attribute, without the language", base)

let compiler = CompiledExpressions(parameters: [])
for text in [
  "${a}", "${a}-${b}", "${a:toUpper()}", "${samples:plus(1)}", "${a:equals('2026-01-05')}", "${a:substring(0, 4)}",
  "${data_type:startsWith('intraday'):and(${samples:gt(0)})}", "${a:toDate('yyyy-MM-dd', 'UTC'):format('yyyyMMdd', 'UTC')}",
  "/1/user/-/activities/heart/date/${slice.date}/${slice.last_date}/1sec/time/${slice.start_time}/${slice.last_time}.json?timezone=UTC",
] {
  let expression = try compiler.compile(text)
  show(text, try rate { try expression.evaluate(flowFile).utf8.count })
}
