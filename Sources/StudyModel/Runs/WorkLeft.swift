/// Something is left that the next run finishes by itself: the run that throws it when it closes ends with 75.
package struct WorkLeft: Error, Sendable, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}
