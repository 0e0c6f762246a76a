/// The version of this program, as its command line, its requests and the files that it writes name it.
package enum Version {
  package static let text = "0.1.0"
}
