import BinaryFuzzEntries
import FuzzDriver

_ = FuzzDriver.run { bytes, count in
    BinaryFuzzEntries.protobuf(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
