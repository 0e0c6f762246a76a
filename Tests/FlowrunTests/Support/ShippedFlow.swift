import Foundation

/// What differs between the shipped flows for tests that hold for both.
enum ShippedFlow: String, CaseIterable, Sendable {
  case fitbit
  case googleHealth = "google-health"

  /// Its file's path.
  var path: String { BuiltBinary.flow(rawValue) }
  /// A part of every URL of data, and of no other.
  var dataPath: String { self == .fitbit ? "/activities/" : "/dataTypes/" }
  var secretVariable: String { self == .fitbit ? "FITBIT_CLIENT_SECRET" : "GOOGLE_CLIENT_SECRET" }

  /// An edit under which the summaries of days do not fit the mapping: they go to the error folder, with content.
  func failing(_ text: String) -> String {
    switch self {
    case .fitbit: text.replacingOccurrences(of: "from: caloriesBMR", with: "from: caloriesBMR, required: true, maximum: 1")
    case .googleHealth:
      text.replacingOccurrences(
        of: "/totalCalories/kcalSum\", default: 0, minimum: 0", with: "/totalCalories/kcalSum\", default: 0, minimum: 0, maximum: 1")
    }
  }
}
