import FlowCore
import FlowParquet
import FlowTesting

extension ParquetColumn.Kind {
  static let everyKind: [ParquetColumn.Kind] = [.integer32, .integer64, .real, .text, .date, .instant]

  var noValues: RecordBatch.Values { values { _ in 0 }(0) }

  /// Values of the kind made from numbers.
  func values(_ number: @escaping (Int) -> Int64) -> (_ count: Int) -> RecordBatch.Values {
    { count in
      let rows = 0..<count
      switch self {
      case .integer32, .integer64, .instant: return .integer(rows.map(number))
      case .real: return .real(rows.map { Double(number($0)) / 4 })
      case .text: return .text(rows.map { "text \(number($0))" })
      case .date: return .text(rows.map { CivilDate(daysSince1970: number($0) % 30_000).text })
      }
    }
  }
}

/// Tables of random shape, the same for a seed.
struct RandomRows {
  private let random: SeededRandomSource
  let seed: UInt64

  init(seed: UInt64) {
    self.seed = seed
    random = SeededRandomSource(seed: seed)
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(random.next() % UInt64(range.upperBound - range.lowerBound + 1)) }

  /// Up to twelve columns of all kinds and up to some thousand rows.
  mutating func table() -> ExpectedTable {
    let count = number(0...5) == 0 ? number(0...20) : number(1...4000)
    var columns: [ParquetColumn] = []
    var values: [RecordBatch.Column] = []
    for index in 0..<number(3...12) {
      let column = ParquetColumn("column \(index) ü", ParquetColumn.Kind.everyKind[number(0...5)], isRequired: number(0...1) == 0)
      columns.append(column)
      values.append(.init(name: column.name, values: self.values(column.kind, count), isNull: column.isRequired ? nil : nulls(count)))
    }
    return ExpectedTable(
      columns: columns, batch: RecordBatch(columns: values, count: count),
      metadata: number(0...1) == 0 ? [] : [("flow", "flow.yaml"), ("a", ""), ("ünï", "🫀 value\n")], rowGroupRows: number(0...1) == 0 ? 1_000_000 : number(100...2000))
  }

  private mutating func nulls(_ count: Int) -> [Bool]? {
    switch number(0...3) {
    case 0: return nil
    case 1: return (0..<count).map { _ in number(0...9) == 0 }
    case 2: return (0..<count).map { $0 / 100 % 2 == 0 }
    default: return (0..<count).map { _ in number(0...1) == 0 }
    }
  }

  /// Rising, repeating, few and many different values.
  private mutating func values(_ kind: ParquetColumn.Kind, _ count: Int) -> RecordBatch.Values {
    let spread = [1, 2, 40, 5000, 1_000_000_000][number(0...4)]
    let isRising = number(0...1) == 0
    var last = Int64(number(0...spread))
    var repeats = 0
    let numbers: [Int64] = (0..<count).map { _ in
      if repeats > 0 {
        repeats -= 1
      } else {
        last = isRising && kind != .integer32 ? last + Int64(number(0...min(spread, 1_000_000))) : Int64(number(0...spread)) - Int64(spread / 3)
        repeats = number(0...3) == 0 ? number(0...30) : 0
      }
      return last
    }
    switch kind {
    case .integer32, .integer64, .instant: return .integer(numbers)
    case .real: return .real(numbers.map { real($0) })
    case .text: return .text(numbers.map { text($0) })
    case .date: return .text(numbers.map { CivilDate(daysSince1970: $0 % 36_000).text })
    }
  }

  private mutating func real(_ value: Int64) -> Double {
    switch number(0...30) {
    case 0: .nan
    case 1: -0.0
    case 2: .infinity
    case 3: Double(bitPattern: random.next())
    default: Double(value) / 8
    }
  }

  /// Some are equal to Swift, but have other bytes; some are longer than a bound may be.
  private mutating func text(_ value: Int64) -> String {
    switch number(0...30) {
    case 0: ""
    case 1: "\u{e9}"
    case 2: "e\u{301}"
    case 3: String(repeating: "🫀", count: number(1...40))
    case 4: String(repeating: "\u{10FFFF}", count: number(1...20))
    case 5: "\0 \u{D7FF}\u{E000}"
    default: "value \(value)"
    }
  }
}
