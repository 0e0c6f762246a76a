/// The properties of a reader and a writer together, which are two services in NiFi.
enum RecordForms {
  private static let usual = ["separator": ",", "header": "true"]

  /// A writer of CSV has the form of the reader, where both have it, but for what differs.
  /// - Parameter members: with all that a writer of CSV has as `output_csv_…`.
  static func adjust(_ members: inout [YAMLValue.Member]) {
    let readsCSV = members.contains { $0.name == "reader" && $0.value == .text("csv") }
    for (part, usual) in usual.sorted(by: { $0.key < $1.key }) {
      guard let place = members.firstIndex(where: { $0.name == "output_csv_" + part }) else { continue }
      let name = "csv_" + part
      let read = readsCSV ? members.first { $0.name == name }?.value ?? .text(usual) : .text(usual)
      if members[place].value == read {
        members.remove(at: place)
      } else if !readsCSV {
        members[place].name = name
      }
    }
  }
}
