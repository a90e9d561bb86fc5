// One CUDA device whose memory is the CPU's: `there` shows a CPU tensor as one on cuda:0,
// `here` shows it as a CPU tensor again, both over the same bytes.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <mutex>
#include <set>

namespace {
const c10::Device CPU(c10::kCPU), CUDA(c10::kCUDA, 0);

// Device memory: its context is the CPU storage that it is in truth.
c10::DataPtr on_cuda(c10::Storage storage) {
  auto held = new c10::Storage(std::move(storage));
  auto free = [](void* context) { delete static_cast<c10::Storage*>(context); };
  return {held->mutable_data(), held, free, CUDA};
}

struct DeviceMemory final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    auto own = c10::GetAllocator(c10::kCPU);
    return on_cuda(c10::Storage(c10::Storage::use_byte_size_t(), bytes, own, true));
  }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
} device_memory;
REGISTER_ALLOCATOR(c10::kCUDA, &device_memory)

// Pinned memory: CPU memory whose address is remembered.
struct PinnedMemory final : c10::Allocator {
  std::mutex mutex;
  std::set<const void*> known;
  c10::DataPtr allocate(size_t bytes) override;
  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
  bool holds(const void* data) {
    std::lock_guard lock(mutex);
    return known.count(data);
  }
} pinned_memory;

c10::DataPtr PinnedMemory::allocate(size_t bytes) {
  auto held = new c10::DataPtr(c10::GetAllocator(c10::kCPU)->allocate(bytes));
  std::lock_guard lock(mutex);
  known.insert(held->get());
  auto free = [](void* context) {
    auto own = static_cast<c10::DataPtr*>(context);
    std::lock_guard lock(pinned_memory.mutex);
    pinned_memory.known.erase(own->get());
    delete own;
  };
  return {held->get(), held, free, CPU};
}

// A generator of cuda:0 that draws what `near`, one of the CPU, would draw.
struct Generator final : c10::GeneratorImpl {
  at::Generator near;
  explicit Generator(at::Generator near)
      : GeneratorImpl(CUDA, c10::DispatchKeySet(c10::DispatchKey::CUDA)), near(std::move(near)) {}
  void set_current_seed(uint64_t seed) override { near.set_current_seed(seed); }
  void set_offset(uint64_t offset) override { near.set_offset(offset); }
  uint64_t get_offset() const override { return near.get_offset(); }
  uint64_t current_seed() const override { return near.current_seed(); }
  uint64_t seed() override { return near.unsafeGetGeneratorImpl()->seed(); }
  void set_state(const c10::TensorImpl& state) override {
    near.unsafeGetGeneratorImpl()->set_state(state);
  }
  c10::intrusive_ptr<c10::TensorImpl> get_state() const override {
    return near.unsafeGetGeneratorImpl()->get_state();
  }
  Generator* clone_impl() const override { return new Generator(near.clone()); }
};

std::optional<at::Generator> here_generator(const std::optional<at::Generator>& far) {
  return static_cast<Generator*>(far->unsafeGetGeneratorImpl())->near;
}

at::Tensor seen(const at::Tensor& x, c10::Storage storage, c10::DispatchKey key) {
  auto made = at::detail::make_tensor<c10::TensorImpl>(
      std::move(storage), c10::DispatchKeySet(key), x.dtype());
  made.unsafeGetTensorImpl()->set_sizes_and_strides(x.sizes(), x.strides(), x.storage_offset());
  return made;
}

at::Tensor there(const at::Tensor& near) {
  auto bytes = c10::Storage::use_byte_size_t();
  c10::Storage far(bytes, near.storage().nbytes(), on_cuda(near.storage()), nullptr, false);
  return seen(near, std::move(far), c10::DispatchKey::CUDA);
}

at::Tensor here(const at::Tensor& far) {
  auto near = static_cast<c10::Storage*>(far.storage().data_ptr().get_context());
  return seen(far, *near, c10::DispatchKey::CPU);
}

// What deepcopy and torch.save call: they copy a storage, and then put a tensor on it.
at::Tensor& set_part(at::Tensor& x, c10::Storage storage, int64_t offset, at::IntArrayRef size,
                     at::IntArrayRef stride) {
  auto made = x.unsafeGetTensorImpl();
  made->set_storage_keep_dtype(std::move(storage));
  made->set_sizes_and_strides(size, stride, offset);
  return x;
}
at::Tensor& set_whole(at::Tensor& x, c10::Storage storage) {
  int64_t size = storage.nbytes() / x.dtype().itemsize();
  return set_part(x, std::move(storage), 0, size, 1);
}

using NoDevice = c10::impl::NoOpDeviceGuardImpl<c10::DeviceType::CUDA>;
struct OneDevice final : NoDevice {
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  c10::Device getDevice() const override { return CUDA; }
  c10::Device exchangeDevice(c10::Device) const override { return CUDA; }
  c10::Stream getStream(c10::Device) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, CUDA);
  }
  c10::Stream exchangeStream(c10::Stream) const noexcept override { return getStream(CUDA); }
  void record(void**, const c10::Stream&, const c10::DeviceIndex,
              const c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void destroyEvent(void*, const c10::DeviceIndex) const noexcept override {}
  bool queryStream(const c10::Stream&) const override { return true; }
  void synchronizeStream(const c10::Stream&) const override {}
  void recordDataPtrOnStream(const c10::DataPtr&, const c10::Stream&) const override {}
};
} // namespace

// Called once torch is there: a torch built for CUDA brings a guard of its own.
extern "C" void cuda_stand_in_guard() {
  static const OneDevice guard;
  constexpr auto place = static_cast<size_t>(c10::DeviceType::CUDA);
  c10::impl::device_guard_impl_registry[place].store(&guard);
}
namespace at {
struct OneDeviceHooks final : CUDAHooksInterface {
  explicit OneDeviceHooks(CUDAHooksArgs) {}
  void init() const override {}
  bool hasCUDA() const override { return true; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(DeviceIndex) const override { return true; }
  DeviceIndex deviceCount() const override { return 1; }
  DeviceIndex getCurrentDevice() const override { return 0; }
  bool isPinnedPtr(const void* data) const override { return pinned_memory.holds(data); }
  Allocator* getPinnedMemoryAllocator() const override { return &pinned_memory; }
  Allocator* getCUDADeviceAllocator() const override { return &device_memory; }
  at::Generator getNewGenerator(DeviceIndex) const override {
    return make_generator<::Generator>(detail::createCPUGenerator());
  }
};
// Before those of a torch built for CUDA, which then are passed over.
C10_REGISTER_TYPED_CLASS_WITH_PRIORITY(
    CUDAHooksRegistry, "CUDAHooks", c10::REGISTRY_PREFERRED, OneDeviceHooks)
} // namespace at

TORCH_LIBRARY(cuda_stand_in, m) {
  m.def("there(Tensor near) -> Tensor", there);
  m.def("here(Tensor far) -> Tensor", here);
  m.def("here_generator(Generator? far) -> Generator?", here_generator);
}
TORCH_LIBRARY_IMPL(aten, CUDA, m) {  // views; those that no device changes have a kernel
  m.impl("as_strided", at::native::as_strided_tensorimpl);
  m.impl("unfold", at::native::unfold);
  m.impl("view", at::native::view);
  m.impl("_reshape_alias", at::native::_reshape_alias);
  m.impl("set_.source_Storage", set_whole);
  m.impl("set_.source_Storage_storage_offset", set_part);
}
