/// What was asked for on the command line is not there: a usage error (exit 64), told before anything starts.
package struct UsageProblems: Error, Sendable, CustomStringConvertible {
  package var all: [Problem]
  package init(_ all: [Problem]) { self.all = all }
  package var description: String { all.map(\.description).joined(separator: "\n") }
}
