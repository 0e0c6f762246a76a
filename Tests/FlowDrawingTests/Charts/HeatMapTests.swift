import FlowBase
import FlowCore
import FlowDrawing
import FlowTesting
import Testing

@Suite("Heat map")
struct HeatMapTests {
  private static let states = HeatMap.Form.allCases.prefix(4).enumerated().map { index, form in
    HeatMap.State(name: "s\(index)", label: "state \(index)", color: "#00000\(index)", form: form)
  }

  private static func map(_ rows: [HeatMap.Row], days: Int) -> HeatMap {
    HeatMap(title: "Days", description: "all", states: states, rows: rows, first: CivilDate(year: 2026, month: 1, day: 5), days: days)
  }

  /// The cells that the paths paint, by row; nil where nothing is painted.
  private static func painted(_ map: HeatMap, _ drawing: ReadDrawing) -> [[UInt8?]] {
    var cells = map.rows.map { _ in [UInt8?](repeating: nil, count: map.days) }
    for state in map.states.indices {
      for path in drawing.paths("cell-\(map.states[state].name)") {
        var x = 0, row = 0
        for (command, numbers) in commands(path) {
          switch command {
          case "M":
            x = (numbers[0] - map.nameWidth) / map.cellWidth
            row = (numbers[1] - 20) / map.rowHeight
          case "m": x += numbers[0] / map.cellWidth
          default:
            for column in x..<(x + numbers[0] / map.cellWidth) {
              #expect(cells[row][column] == nil, "a cell is painted twice")
              cells[row][column] = UInt8(state)
            }
            x += numbers[0] / map.cellWidth
          }
        }
      }
    }
    return cells
  }

  private static func commands(_ path: String) -> [(Character, [Int])] {
    var commands: [(Character, [Int])] = []
    var number = ""
    func flush() {
      if let value = Int(number), !commands.isEmpty { commands[commands.count - 1].1.append(value) }
      number = ""
    }
    for character in path {
      if character.isLetter {
        flush()
        commands.append((character, []))
      } else if character == " " {
        flush()
      } else {
        number.append(character)
      }
    }
    flush()
    return commands
  }

  @Test("every cell is painted once, in the colour of its state, whatever the rows", arguments: 0..<20)
  func cells(seed: UInt64) throws {
    let dice = SeededRandomSource(seed: seed)
    let days = Int(dice.next() % 40) + 1
    let rows = (0..<Int(dice.next() % 12)).map { index -> HeatMap.Row in
      let start = Int(dice.next() % UInt64(days))
      return HeatMap.Row(name: "P\(index)", start: start, cells: (start..<days).map { _ in UInt8(dice.next() % 4) })
    }
    let map = Self.map(rows, days: days)
    let expected = rows.map { row in (0..<days).map { $0 < row.start ? nil : row.cells[$0 - row.start] } }
    #expect(Self.painted(map, try ReadDrawing(map.svg)) == expected)
  }

  @Test("a state is one path, so that 1,000 participants × 90 days need about 68 KB")
  func size() throws {
    let dice = SeededRandomSource(seed: 7)
    // A month of one state, a gap of a few days, and another.
    let rows = (1...1000).map { number -> HeatMap.Row in
      var cells: [UInt8] = []
      while cells.count < 90 { cells += [UInt8](repeating: UInt8(dice.next() % 4), count: Int(dice.next() % 40) + 4) }
      return HeatMap.Row(name: "P\(number)", start: 0, cells: Array(cells.prefix(90)))
    }
    let map = Self.map(rows, days: 90), drawing = try ReadDrawing(map.svg)
    #expect(drawing.paths("cell").count == 4)
    #expect(map.svg.text.utf8.count < 72_000)
  }

  @Test("names are texts of their own and never markup, and lead where they should")
  func names() throws {
    let hostile = "<script>alert('\"&')</script>"
    let map = Self.map([.init(name: hostile, link: "/p?a=1&b=\"2\"", start: 0, cells: [0]), .init(name: "P0002", start: 0, cells: [1])], days: 1)
    let drawing = try ReadDrawing(map.svg)
    #expect(drawing.texts.contains(hostile) && drawing.texts.contains("P0002"))
    #expect(!map.svg.text.contains("<script"))
    #expect(drawing.elements.first { $0.name == "a" }?.attributes["href"] == "/p?a=1&b=\"2\"")
  }

  @Test("cells beyond the columns are left out, and a map of nobody is a drawing too")
  func bounds() throws {
    let map = Self.map([.init(name: "P1", start: -2, cells: [0, 1, 2, 3, 0, 1])], days: 3)
    #expect(Self.painted(map, try ReadDrawing(map.svg)) == [[2, 3, 0]])
    #expect(try ReadDrawing(Self.map([], days: 0).svg).paths("cell").isEmpty)
  }

  @Test("states differ by more than colour")
  func forms() throws {
    let forms = HeatMap.Form.allCases.map { form in
      HeatMap.swatch(.init(name: "s", label: "s", color: "#000", form: form)).text
    }
    #expect(Set(forms).count == forms.count)
  }
}
