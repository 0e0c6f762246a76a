import FlowBase

/// Rows of cells in a few states, such as participants × days: a name beside each row, dates above.
///
/// A state is one path whose subpaths are runs of equal cells, so that the size grows with changes, not with cells. States differ by colour, and by
/// height and texture of the line; the middle of a cell always has the state's colour. Classes: `heat-map`, `row-names`, `axis`, `grid`, and for
/// each state `cell` and `cell-NAME`.
package struct HeatMap: Sendable {
  package struct Row: Sendable {
    package var name: String
    /// Where the name leads; nil: nowhere.
    package var link: String?
    /// Column of the first cell.
    package var start: Int
    /// Indices of `states`.
    package var cells: [UInt8]

    package init(name: String, link: String? = nil, start: Int, cells: [UInt8]) {
      self.name = name
      self.link = link
      self.start = start
      self.cells = cells
    }
  }

  /// The height of a cell that is filled, and the texture along the row.
  package enum Form: Sendable, CaseIterable {
    case full, half, line
    case blocks, smallBlocks, ticks, dots

    /// Of a cell's height.
    var height: Double {
      switch self {
      case .full, .blocks, .ticks: 1
      case .half, .smallBlocks: 0.5
      case .line, .dots: 0.2
      }
    }

    /// The painted part of a cell's width; nil: all of it.
    var painted: Double? {
      switch self {
      case .full, .half, .line: nil
      case .blocks: 0.8
      case .smallBlocks: 0.6
      case .ticks: 0.4
      case .dots: 0.5
      }
    }
  }

  package struct State: Sendable {
    /// Part of the class name.
    package var name: String
    package var label: String
    /// CSS colour where the page's style sheet says nothing.
    package var color: String
    package var form: Form

    package init(name: String, label: String, color: String, form: Form) {
      self.name = name
      self.label = label
      self.color = color
      self.form = form
    }
  }

  package var title: String
  package var description: String
  package var states: [State]
  package var rows: [Row]
  /// The date of the first column.
  package var first: CivilDate
  /// Number of columns.
  package var days: Int
  /// In units of the drawing, which a page shows as pixels.
  package var cellWidth: Int
  package var rowHeight = 14
  /// Room for the names.
  package var nameWidth: Int

  /// - Parameters:
  ///   - cellWidth: nil: as wide as a page of 1100 units allows, at least 3.
  ///   - nameLength: letters that names have room for; nil: those of the longest name, up to `longestName`.
  package init(
    title: String, description: String, states: [State], rows: [Row], first: CivilDate, days: Int, cellWidth: Int? = nil, nameLength: Int? = nil
  ) {
    precondition(states.count <= 256, "a cell has the index of a state in a byte")
    self.title = title
    self.description = description
    self.states = states
    self.rows = rows
    self.first = first
    self.days = days
    nameWidth = (nameLength ?? min(max(rows.map(\.name.count).max() ?? 0, 6), Self.longestName)) * 7 + 10
    self.cellWidth = cellWidth ?? min(max((1100 - nameWidth) / max(days, 1), 3), 14)
  }

  /// Letters; a longer name is narrowed.
  package static let longestName = 24
  private static let headHeight = 20

  package var width: Int { nameWidth + days * cellWidth + 1 }
  package var height: Int { Self.headHeight + rows.count * rowHeight + 1 }

  package var svg: SVGElement {
    var svg = ChartFrame.svg(class: "chart heat-map", width: width, height: height, title: title, description: description)
    svg.add(axis)
    svg.add(names)
    for index in states.indices {
      let data = path(of: UInt8(index))
      guard !data.isEmpty else { continue }
      svg.add(element(of: states[index], data))
    }
    return svg
  }

  /// Three cells of a state, for a legend.
  package static func swatch(_ state: State) -> SVGElement {
    let map = HeatMap(
      title: state.label, description: "", states: [state], rows: [], first: CivilDate(year: 2000, month: 1, day: 1), days: 3, cellWidth: 10, nameLength: 0)
    var svg = SVGElement("svg", ["class": "swatch", "aria-hidden": "true", "viewBox": "0 0 30 14", "width": "30", "height": "14"])
    svg.add(map.element(of: state, "M0 7h30", isNamed: false))
    return svg
  }

  private func element(of state: State, _ data: String, isNamed: Bool = true) -> SVGElement {
    var path = SVGElement(
      "path",
      ["class": "cell cell-\(state.name)", "d": data, "fill": "none", "stroke": state.color, "stroke-width": ChartFrame.text(Double(rowHeight - 2) * state.form.height)])
    if let painted = state.form.painted {
      let width = Double(cellWidth)
      path.attributes.append(("stroke-dasharray", "\(ChartFrame.text(width * painted)) \(ChartFrame.text(width * (1 - painted)))"))
      path.attributes.append(("stroke-dashoffset", ChartFrame.text(-width * (1 - painted) / 2)))
    }
    if isNamed { path.add(SVGElement("title", text: state.label)) }
    return path
  }

  /// `M90 27h12m24 0h3M90 41…`: along the middle of each row, relative within it.
  private func path(of state: UInt8) -> String {
    var data = ""
    for (row, line) in rows.enumerated() {
      var end: Int?
      var column = 0
      let cells = line.cells
      while column < cells.count {
        guard cells[column] == state else {
          column += 1
          continue
        }
        let from = column
        while column < cells.count, cells[column] == state { column += 1 }
        let lower = max(line.start + from, 0), upper = min(line.start + column, days)
        guard lower < upper else { continue }
        if let end {
          data += "m\((lower - end) * cellWidth) 0"
        } else {
          data += "M\(nameWidth + lower * cellWidth) \(Self.headHeight + row * rowHeight + rowHeight / 2)"
        }
        data += "h\((upper - lower) * cellWidth)"
        end = upper
      }
    }
    return data
  }

  /// What all names share stands once.
  private var names: SVGElement {
    var group = SVGElement(
      "g",
      ["class": "row-names", "transform": "translate(\(nameWidth - 6))", "text-anchor": "end", "dominant-baseline": "central", "font-size": "11"])
    for (row, line) in rows.enumerated() {
      var text = SVGElement("text", ["y": "\(Self.headHeight + row * rowHeight + rowHeight / 2)"], text: line.name)
      // The whole name is a text of its own, however long; the drawing has room for some of it only.
      if line.name.count > Self.longestName {
        text.attributes += [("textLength", "\(nameWidth - 10)"), ("lengthAdjust", "spacingAndGlyphs")]
      }
      group.add(line.link.map { SVGElement("a", ["href": $0], [text]) } ?? text)
    }
    return group
  }

  /// Lines where months begin, or Mondays if few days are shown.
  private var axis: SVGElement {
    var axis = SVGElement("g", ["class": "axis", "font-size": "11"])
    var lastLabel = Int.min
    for column in 0..<days {
      let date = first.advanced(byDays: Int64(column))
      // 1970-01-01 was a Thursday.
      let isMonday = Int(date.daysSince1970 + 3).flooredDivision(by: 7) * 7 == Int(date.daysSince1970 + 3)
      guard column == 0 || (days > 70 ? date.day == 1 : isMonday) else { continue }
      let x = nameWidth + column * cellWidth
      axis.add(SVGElement("path", ["class": "grid", "d": "M\(x).5 14V\(height)", "stroke": "#767676", "stroke-width": "1", "stroke-opacity": "0.35"]))
      let label = days > 70 && column > 0 ? String(date.text.prefix(7)) : date.text
      let room = label.count * 7
      guard x >= lastLabel, x + room <= width + 20 else { continue }
      axis.add(SVGElement("text", ["x": "\(x)", "y": "10"], text: label))
      lastLabel = x + room
    }
    return axis
  }
}
