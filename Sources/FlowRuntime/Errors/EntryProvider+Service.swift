import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants

extension EntryProvider {
  /// The provider that a service of this type speaks to; nil: it is not a provider's.
  package init?(serviceType: String, address: String) {
    switch serviceType {
    case FitbitWebAPI.descriptor.type: self.init(name: FitbitWire().provider, address: address)
    case GoogleHealthAPI.descriptor.type: self.init(name: GoogleHealthWire().provider, address: address)
    default: return nil
    }
  }
}
