import FlowCore
import FlowParquet
import StudyModel

extension MyDataHelps {
  private struct Sample {
    var kind: Kind
    var instant: Int64
    var offset: Int64?
    var value: Double?
    var variability: [String: Double] = [:]
  }

  /// In the order in which rows of one time are written. The dictionary names only `calories` of the types; these are named alike.
  private enum Kind: String, CaseIterable {
    case heartrate, hrv, steps

    var table: TableSchema {
      switch self {
      case .heartrate: StudyTables.heart
      case .hrv: StudyTables.nightVariability
      case .steps: StudyTables.steps
      }
    }
  }

  static let intraday: ExportTable = {
    typealias Column = LayoutColumn<Sample>
    func variability(_ name: String, _ column: String) -> Column { .real(name, from: [StudyTables.nightVariability.column(column)]) { $0.variability[column] } }
    let byMinute = "flows do not collect calories by the minute", breathing = "flows collect the breathing rate of whole nights"
    let columns: [Column] =
      identifiers() + [
        .text("Type", from: []) { $0.kind.rawValue }, .text("DateTime", from: []) { LocalTime.withOffset($0.instant, $0.offset) },
        .real("Value", from: StudyTables.heart.columns("value") + StudyTables.steps.columns("value")) { $0.value }, .nothing("Level", .integer64, byMinute),
        .nothing("Mets", .real, byMinute), variability("RMSSD", "rmssd"), variability("Coverage", "coverage"), variability("Hf", "hf"), variability("Lf", "lf"),
      ] + ["Deep", "Rem", "Full", "Light"].map { .nothing($0 + "SleepSummaryBreathRate", .real, breathing) } + [.nothing("InsertedDate", .text, noIdentifier)]
    return ExportTable("FitbitIntradayCombined", from: Kind.allCases.map { .leading($0.table) }, rows: { samples($0) }, columns: columns)
  }()

  private static func samples(_ rows: ExportRows) -> [Sample] {
    let samples = Kind.allCases.flatMap { kind -> [Sample] in
      let stored = rows.rows(of: kind.table), instant = stored["instant"], offset = stored["utc_offset"], value = stored["value"]
      let measures = kind == .hrv ? ["rmssd", "coverage", "hf", "lf"].map { ($0, stored[$0]) } : []
      return stored.indices.compactMap { row in
        guard let time = instant.integer(row) else { return nil }
        var sample = Sample(kind: kind, instant: time, offset: offset.integer(row), value: value.integer(row).map(Double.init))
        for (name, column) in measures { sample.variability[name] = column.real(row) }
        return sample
      }
    }
    return samples.sorted { ($0.instant, $0.kind.rawValue) < ($1.instant, $1.kind.rawValue) }
  }
}
