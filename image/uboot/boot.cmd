# Choose the slot to start, and start its kernel. The bootloader runs this from the boot partition, which no boot ever
# writes to: which slot comes first, and how many tries each has left, lies raw on the disk before the first partition, at
# 1 MiB (block 0x800), 0x4000 bytes in the form of `env export -c`, which RAUC and appliance/box/slots.py write too. A state
# that is torn or missing is replaced by the copy behind it, of the last good one, and that one by "A B".
#
# What started this script has set devtype and devnum: mmc 0 on a board, virtio 0 in a virtual machine.

# in memory: the state where the kernel comes later, a kernel that is packed unpacked behind it, then the ramdisk; between
# the two is where QEMU lays the device tree
setenv state_at ${kernel_addr_r}
setexpr kernel_comp_addr_r ${kernel_addr_r} + 0x3000000
setexpr ramdisk_at ${kernel_addr_r} + 0x8200000

setenv read_state '${devtype} read ${state_at} ${block} 0x20 && env import -c ${state_at} 0x4000 BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT BOOT_GOOD'
setenv write_state 'env export -c -s 0x4000 ${state_at} BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT BOOT_GOOD; ${devtype} write ${state_at} 0x800 0x20'
setenv count_down 'setexpr left ${left} - 1; setenv BOOT_${slot}_LEFT ${left}; run write_state'
setenv load_slot 'load ${devtype} ${devnum}:${part} ${kernel_addr_r} /boot/vmlinuz && setenv kernel_comp_size ${filesize} && load ${devtype} ${devnum}:${part} ${ramdisk_at} /boot/initrd.img'
setenv start_slot 'setenv bootargs "rauc.slot=${slot} root=PARTUUID=@disk_id@-0${part} ro rootwait panic=10 pinctrl_bcm2835.persist_gpio_outputs=n ${consoles} ${more_bootargs}"; booti ${kernel_addr_r} ${ramdisk_at}:${filesize} ${fdt_addr}'

# where the kernel says what happens: on the screen, and on the board's serial port; systemd on the last of them, for the
# screen is deskbell-console's
if test "${devtype}" = "virtio"; then setenv consoles "console=ttyAMA0"; else setenv consoles "console=tty0 console=ttyS1,115200"; fi

${devtype} dev ${devnum}
setenv BOOT_ORDER; setenv BOOT_A_LEFT; setenv BOOT_B_LEFT; setenv BOOT_GOOD
setenv block 0x800
if run read_state; then
  echo "deskbell: slots: the state is sound"
else
  setenv block 0x820
  if run read_state; then
    echo "deskbell: slots: the state is torn, its copy is taken"
  else
    echo "deskbell: slots: there is no state, a new one is made"
  fi
fi
test -n "${BOOT_ORDER}" || setenv BOOT_ORDER "A B"
test -n "${BOOT_A_LEFT}" || setenv BOOT_A_LEFT 3
test -n "${BOOT_B_LEFT}" || setenv BOOT_B_LEFT 3

# a slot that cannot even be loaded has no try left, and the next one follows at once
for slot in ${BOOT_ORDER}; do
  if test "${slot}" = "A"; then setenv part 2; setenv left ${BOOT_A_LEFT}; else setenv part 3; setenv left ${BOOT_B_LEFT}; fi
  if test ${left} -gt 0; then
    run count_down
    echo "deskbell: slots: ${slot} is started, ${left} tries left (order ${BOOT_ORDER})"
    if run load_slot; then run start_slot; fi
    echo "deskbell: slots: ${slot} cannot be started"
    setenv BOOT_${slot}_LEFT 0
    run write_state
  fi
done

# no slot is left: each gets its tries again, and the one that was good last goes first
setenv BOOT_A_LEFT 3; setenv BOOT_B_LEFT 3
if test "${BOOT_GOOD}" = "B"; then setenv BOOT_ORDER "B A"; else setenv BOOT_ORDER "A B"; fi
for slot in ${BOOT_ORDER}; do
  if test "${slot}" = "A"; then setenv part 2; else setenv part 3; fi
  setenv left 3
  run count_down
  echo "deskbell: slots: none had a try left, ${slot} is started"
  if run load_slot; then run start_slot; fi
done
echo "deskbell: neither slot can be started: write the card anew, or take another"
