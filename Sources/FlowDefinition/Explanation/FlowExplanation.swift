import FlowCore

/// The effective flow: each value of a flow file after parameters and defaults, with where it comes from. Sensitive values are left out.
package struct FlowExplanation: Sendable, Equatable, Encodable {
  /// Where a value comes from.
  package struct Origin: Sendable, Equatable, Encodable, CustomStringConvertible {
    package enum Kind: String, Sendable, Encodable {
      /// Written in the flow file.
      case file
      /// `-p`.
      case option
      /// A line of a parameter file.
      case parametersFile = "parameters_file"
      case environment
      /// The default of a parameter, of a property or of the engine.
      case `default`
      /// A parameter's default under a condition.
      case when
    }
    package var kind: Kind
    /// `Flows/flow.yaml:14:7`, `CLIENT_ID`; nil for a default that no file has.
    package var place: String?
    /// The parameters in it.
    package var parameters: [String] = []

    package var description: String {
      let words =
        switch kind {
        case .file: place ?? ""
        case .option: "-p"
        case .parametersFile: "parameter file \(place ?? "")"
        case .environment: "environment variable \(place ?? "")"
        case .default: place.map { "default, \($0)" } ?? "default"
        case .when: "default under a condition (when), \(place ?? "")"
        }
      return ([words] + parameters.map { "#{\($0)}" }).joined(separator: ", ")
    }
  }

  package struct Value: Sendable, Equatable, Encodable {
    /// Keys from the outside in; a processor of the list stands under its name, an element of another list under its number, from 1.
    package var path: [String]
    /// nil: it is sensitive.
    package var value: String?
    package var origin: Origin
  }

  package struct Parameter: Sendable, Equatable, Encodable {
    package var name: String
    /// nil: it is sensitive.
    package var value: String?
    package var origin: Origin
    package var help: String
  }

  package var flow: String
  package var file: String
  /// SHA-256 (hex) of the file's bytes.
  package var sha256: String
  package var parameters: [Parameter]
  /// In file order, defaults after what is written.
  package var values: [Value]

  package enum CodingKeys: String, CodingKey {
    case flow, file, parameters, values
    case sha256 = "flow_sha256"
  }
}
