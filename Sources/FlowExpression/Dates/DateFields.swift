/// The fields read from a text, with a place for each kind.
struct DateFields {
  private var values = ContiguousArray<Int64>(repeating: 0, count: DateField.allCases.count)
  private var present: UInt32 = 0

  subscript(field: DateField) -> Int64? {
    get { present & 1 << field.rawValue == 0 ? nil : values[field.rawValue] }
    set {
      if let newValue {
        values[field.rawValue] = newValue
        present |= 1 << field.rawValue
      } else {
        present &= ~(1 << field.rawValue)
      }
    }
  }

  /// Whether what is there lies in the range of its field.
  var areInRange: Bool {
    DateField.allCases.allSatisfy { field in
      guard let value = self[field], let range = field.range else { return true }
      return range.contains(value) || (field == .hour && value == 24)
    }
  }
}
