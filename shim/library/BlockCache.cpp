#include "BlockCache.h"

#include <c10/core/CPUAllocator.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <sys/mman.h>

namespace iotpipe {

namespace {

/// In front of each block, so that freeing knows the size. One cache line, which keeps the block aligned for AVX-512.
struct alignas(64) Header {
    size_t size;
};

constexpr size_t smallest = 64 * 1024;          // smaller blocks are the C library's business
constexpr size_t hugePage = 2 * 1024 * 1024;    // from here on worth the kernel's huge pages
constexpr size_t mostWaiting = size_t(1) << 30; // bytes; what is freed beyond goes back at once

} // namespace

BlockCache &BlockCache::install() {
    // Never destroyed: tensors of libtorch's own statics may be freed after ours.
    static BlockCache &cache = *[] {
        auto *created = new BlockCache;
        c10::SetCPUAllocator(created, 100);
        return created;
    }();
    return cache;
}

c10::DataPtr BlockCache::allocate(size_t bytes) {
    const c10::Device cpu(c10::DeviceType::CPU);
    if (bytes == 0) return {nullptr, nullptr, &release, cpu};
    if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
    size_t size = bytes + sizeof(Header);
    const size_t step = size < smallest ? alignof(Header) : size < hugePage ? 4096 : hugePage / 8;
    size = (size + step - 1) / step * step;
    void *block = size < smallest ? nullptr : take(size);
    if (block == nullptr) {
        const size_t alignment = size < hugePage ? alignof(Header) : hugePage;
        if (posix_memalign(&block, alignment, size) != 0) {
            trim();
            if (posix_memalign(&block, alignment, size) != 0) throw std::bad_alloc();
        }
        if (size >= hugePage) madvise(block, size, MADV_HUGEPAGE);
        static_cast<Header *>(block)->size = size;
    }
    void *data = static_cast<Header *>(block) + 1;
    return {data, data, &release, cpu};
}

c10::DeleterFnPtr BlockCache::raw_deleter() const { return &release; }

void BlockCache::copy_data(void *destination, const void *source, size_t bytes) const {
    std::memcpy(destination, source, bytes);
}

void BlockCache::trim() {
    std::multimap<size_t, void *> freed;
    {
        std::lock_guard lock(mutex);
        freed.swap(waiting);
        waitingBytes = 0;
    }
    for (auto &[size, block] : freed) free(block);
}

void BlockCache::release(void *pointer) {
    if (pointer == nullptr) return;
    auto *header = static_cast<Header *>(pointer) - 1;
    if (header->size < smallest) {
        free(header);
    } else {
        install().keep(header, header->size);
    }
}

/// The smallest waiting block that holds `size` bytes without wasting more than a quarter of itself; nullptr if none.
void *BlockCache::take(size_t size) {
    std::lock_guard lock(mutex);
    const auto found = waiting.lower_bound(size);
    if (found == waiting.end() || found->first - size > found->first / 4) return nullptr;
    void *block = found->second;
    waitingBytes -= found->first;
    waiting.erase(found);
    return block;
}

void BlockCache::keep(void *block, size_t size) {
    try {
        std::lock_guard lock(mutex);
        if (waitingBytes + size <= mostWaiting) {
            waiting.emplace(size, block);
            waitingBytes += size;
            return;
        }
    } catch (const std::bad_alloc &) {
        // No memory for the list's node: give the block back instead.
    }
    free(block);
}

} // namespace iotpipe
