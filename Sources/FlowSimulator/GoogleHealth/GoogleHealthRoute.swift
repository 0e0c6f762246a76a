/// A parsed request of the Google Health API.
enum GoogleHealthRoute: Sendable, Equatable {
  case identity, settings, profile, pairedDevices
  case points(GoogleHealthDataType, GoogleHealthDataType.Action)
  case track(UInt64)

  /// The name under which statistics count the request.
  var kind: String {
    switch self {
    case .identity: "identity"
    case .settings: "settings"
    case .profile: "profile"
    case .pairedDevices: "devices"
    case .points(let type, let action): "\(type.name):\(action.rawValue)"
    case .track: "exercise:exportExerciseTcx"
    }
  }

  /// The scopes that the participant must share.
  var scopes: [GoogleHealthScope] {
    switch self {
    case .identity: []
    case .settings, .pairedDevices: [.settings]
    case .profile: [.profile]
    case .points(let type, _): [type.scope]
    case .track: [.activityAndFitness, .location]
    }
  }

  /// The query parameters of the method. Others are rejected, as by Google's front end.
  var parameters: Set<String> {
    switch self {
    case .identity, .settings, .profile, .points(_, .rollUp), .points(_, .dailyRollUp): Self.common
    case .track: Self.common.union(["partialData"])
    case .pairedDevices: Self.common.union(["pageSize", "pageToken"])
    case .points(_, .list), .points(_, .reconcile):
      Self.common.union(["pageSize", "pageToken", "filter", "dataSourceFamily"])
    }
  }

  private static let common: Set<String> = ["alt", "prettyPrint", "fields", "key", "quotaUser"]

  /// nil if the path does not exist, or not for this method; the response is then an HTML page.
  /// - Throws: `WireRefusal` for an unknown type or an unsupported action.
  init?(method: String, path: String) throws(WireRefusal) {
    guard path.hasPrefix("/v4/users/me/") else { return nil }
    let parts = path.dropFirst("/v4/users/me/".count).split(separator: "/", omittingEmptySubsequences: false)
    switch parts.count {
    case 1:
      guard method == "GET" else { return nil }
      switch parts[0] {
      case "identity": self = .identity
      case "settings": self = .settings
      case "profile": self = .profile
      case "pairedDevices": self = .pairedDevices
      default: return nil
      }
    case 3 where parts[0] == "dataTypes":
      let method = method + " " + parts[2]
      guard let action = Self.actions[method] else { return nil }
      guard let type = GoogleHealthDataType.named(parts[1]) else {
        throw .invalidArgument("Request contains an invalid argument: unknown data type \(parts[1]).")
      }
      guard type.actions.contains(action) else {
        let actions = type.actions.map(\.rawValue).joined(separator: ", ")
        throw .invalidArgument(
          "\(action.rawValue) is not supported for data type \(type.name), but the following actions are supported: \(actions)")
      }
      self = .points(type, action)
    case 4 where parts[0] == "dataTypes" && parts[1] == "exercise" && parts[2] == "dataPoints" && parts[3].hasSuffix(Self.export):
      guard method == "GET" else { return nil }
      guard let number = UInt64(parts[3].dropLast(Self.export.count)) else {
        throw .invalidArgument("Invalid data point name.", reason: "INVALID_DATA_POINT_NAME")
      }
      self = .track(number)
    default: return nil
    }
  }

  private static let export = ":exportExerciseTcx"
  private static let actions: [String: GoogleHealthDataType.Action] = [
    "GET dataPoints": .list, "GET dataPoints:reconcile": .reconcile, "POST dataPoints:rollUp": .rollUp,
    "POST dataPoints:dailyRollUp": .dailyRollUp,
  ]
}
