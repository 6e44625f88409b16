import SwiftProtobuf

/// What editions call features, resolved: what of them decides on which bytes are a message.
struct ProtobufFeatures {
    /// True if a field must be there (proto2's `required`).
    var isRequired = false
    /// True if an enum has no other values than those it names.
    var hasClosedEnums = false
    /// True if strings have to be UTF-8.
    var checksUTF8 = true
    /// True if messages are written between group tags.
    var isDelimited = false

    /// The features of a file before its own settings.
    init(file: Google_Protobuf_FileDescriptorProto) {
        let isEdition = file.syntax == "editions" || file.hasEdition && file.edition.rawValue >= 1000
        guard !isEdition else { return }
        if file.syntax != "proto3" {
            hasClosedEnums = true
            checksUTF8 = false
        }
    }

    /// These features with what `overrides` sets.
    func merging(_ overrides: Google_Protobuf_FeatureSet) -> ProtobufFeatures {
        var merged = self
        switch overrides.fieldPresence {
        case .legacyRequired: merged.isRequired = true
        case .explicit, .implicit: merged.isRequired = false
        default: break
        }
        switch overrides.enumType {
        case .open: merged.hasClosedEnums = false
        case .closed: merged.hasClosedEnums = true
        default: break
        }
        switch overrides.utf8Validation {
        case .verify: merged.checksUTF8 = true
        case .none: merged.checksUTF8 = false
        default: break
        }
        switch overrides.messageEncoding {
        case .lengthPrefixed: merged.isDelimited = false
        case .delimited: merged.isDelimited = true
        default: break
        }
        return merged
    }
}
